"""A labelled set: lines with a secret of every kind, and lines that only look like it.

The secrets are made each time, so that none in a real format is stored.
"""

import base64
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

DICE = random.Random(20261122)  # noqa: S311 - dice for tests
ALNUM = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits
HEX = "0123456789abcdef"


def run(size: int, letters: str = ALNUM) -> str:
    """Random letters, at least one digit and one other among them."""
    text = [DICE.choice(letters) for _ in range(size)]
    for place, kinds in enumerate((str.isdigit, str.isupper, str.islower)):
        if size > place and (few := [letter for letter in letters if kinds(letter)]):
            text[place] = DICE.choice(few)
    DICE.shuffle(text)
    return "".join(text)


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def b64url(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def jwt(claims: dict[str, str]) -> str:
    return ".".join((b64url('{"alg":"RS256","kid":"x"}'), b64url(json.dumps(claims)), run(86)))


def password() -> str:
    return run(9) + DICE.choice("!%^*_+~") + run(4)


MAKERS: dict[str, Callable[[], str]] = {
    "password": password,
    "word": lambda: DICE.choice(["hunter", "Winter", "Tr0ub4dor", "s3cret"]) + run(3, "0123456789"),
    "alnum16": lambda: run(16),
    "alnum20": lambda: run(20),
    "alnum24": lambda: run(24),
    "alnum32": lambda: run(32),
    "alnum40": lambda: run(40),
    "alnum64": lambda: run(64),
    "hex32": lambda: run(32, HEX),
    "hex40": lambda: run(40, HEX),
    "hex64": lambda: run(64, HEX),
    "base64": lambda: b64(run(30)),
    "base32": lambda: run(32, string.ascii_uppercase + "234567"),
    "userpass": lambda: b64("admin:" + password()),
    "jwt": lambda: jwt({"sub": "1234", "iss": "https://login.example.com"}),
    "sajwt": lambda: jwt({"iss": "kubernetes/serviceaccount", "sub": "system:serviceaccount:a:b"}),
    "akid": lambda: "AK" + "IA" + run(16, UPPER),
    "asid": lambda: "AS" + "IA" + run(16, UPPER),
    "awssecret": lambda: run(40, ALNUM + "/+"),
    "session": lambda: "IQoJ" + run(300, ALNUM + "/+") + "==",
    "kubeadm": lambda: run(6, HEX) + "." + run(16, "ghijkmnp" + HEX),
    "ghp": lambda: "gh" + "p_" + run(36),
    "ghs": lambda: "gh" + "s_" + run(36),
    "ghfine": lambda: "github" + "_pat_" + run(22) + "_" + run(59),
    "glpat": lambda: "gl" + "pat-" + run(20),
    "glrt": lambda: "gl" + "rt-" + run(20),
    "xoxb": lambda: "xo" + "xb-" + run(12, "0123456789") + "-" + run(24),
    "xapp": lambda: "xa" + "pp-1-" + run(11, UPPER) + "-" + run(60, HEX),
    "slackhook": lambda: f"T{run(9, UPPER)}/B{run(9, UPPER)}/{run(24)}",
    "sklive": lambda: "sk" + "_live_" + run(24),
    "rklive": lambda: "rk" + "_live_" + run(40),
    "whsec": lambda: "wh" + "sec_" + run(32),
    "aiza": lambda: "AI" + "za" + run(35),
    "ya29": lambda: "ya" + "29." + run(120),
    "gocspx": lambda: "GOC" + "SPX-" + run(28),
    "openai": lambda: "s" + "k-" + run(20) + "T3Blbk" + "FJ" + run(20),
    "openaiproj": lambda: "s" + "k-proj-" + run(80),
    "anthropic": lambda: "s" + "k-ant-api03-" + run(90) + "AA",
    "hf": lambda: "h" + "f_" + run(34, string.ascii_letters),
    "groq": lambda: "gs" + "k_" + run(52),
    "hvs": lambda: "hv" + "s." + run(90),
    "hvslegacy": lambda: "s." + run(24),
    "npm": lambda: "np" + "m_" + run(36),
    "pypi": lambda: "py" + "pi-AgEIcHlwaS5vcmc" + run(120),
    "dop": lambda: "do" + "p_v1_" + run(64, HEX),
    "dckr": lambda: "dc" + "kr_pat_" + run(27),
    "glsa": lambda: "gl" + "sa_" + run(32) + "_" + run(8, HEX),
    "dapi": lambda: "da" + "pi" + run(32, HEX),
    "sendgrid": lambda: "S" + "G." + run(22) + "." + run(43),
    "twiliokey": lambda: "S" + "K" + run(32, HEX),
    "telegram": lambda: run(9, "123456789") + ":A" + "A" + run(33),
    "discord": lambda: "M" + run(23) + "." + run(6) + "." + run(38),
    "discordhook": lambda: run(18, "123456789") + "/" + run(68),
    "nrak": lambda: "NR" + "AK-" + run(27, UPPER),
    "shpat": lambda: "shp" + "at_" + run(32, HEX),
    "pmak": lambda: "PM" + "AK-" + run(24, HEX) + "-" + run(34, HEX),
    "atatt": lambda: "ATA" + "TT3xFfGF0" + run(150),
    "azure": lambda: run(3) + DICE.choice("78") + "Q" + "~" + run(34),
    "azurekey": lambda: run(86, ALNUM + "+/") + "==",
    "sas": lambda: run(40) + "%2B" + run(4) + "%3D",
    "sentry": lambda: run(32, HEX),
    "mailgun": lambda: "ke" + "y-" + run(32, HEX),
    "mailchimp": lambda: run(32, HEX) + "-us" + "12",
    "pagerduty": lambda: "u" + "+" + run(18),
    "age": lambda: "AGE-" + "SECRET-KEY-1" + run(58, UPPER),
    "pem64": lambda: b64("-----BEGIN " + "RSA PRIVATE KEY-----\n" + run(200)),
    "terraform": lambda: run(14) + ".atlas" + "v1." + run(65),
    "tskey": lambda: "ts" + "key-auth-" + run(12) + "-" + run(32),
    "lin": lambda: "li" + "n_api_" + run(40),
    "hex16": lambda: run(16, HEX),
    "uuid": lambda: "-".join(run(size, HEX) for size in (8, 4, 4, 4, 12)),
}

BEARING = r"""
env|DB_PASSWORD={password}
env|export PGPASSWORD='{password}'
env|REDIS_PASSWORD={word}
env|MYSQL_ROOT_PASSWORD: "{password}"
env|SPRING_DATASOURCE_PASSWORD={password} SPRING_PROFILES_ACTIVE=prod
env|2026-11-21T01:02:03Z app starting with env SMTP_PASS={word} SMTP_HOST=mail
env|RAILS_MASTER_KEY={hex32}
env|SECRET_KEY_BASE={hex64}
env|DJANGO_SECRET_KEY='{alnum40}'
env|NEW_RELIC_LICENSE_KEY={hex40}
env|JWT_SECRET={word}
env|ENCRYPTION_KEY={hex64}
env|AUTH_TOKEN={alnum32} REGION=eu-central-1
env|"DB_PASSWORD": "{password}",
env|- name: DB_PASSWORD⏎  value: {password}
env|{{"name":"API_KEY","value":"{alnum32}"}}
env|  "name": "DB_PASSWORD",⏎            "value": "{password}"
env|"Environment":{{"Variables":{{"STRIPE_SECRET":"{alnum32}","STAGE":"prod"}}}}
env|panic: config: {{Host:db Port:5432 User:app Password:{password} SSL:true}}
env|docker run -e POSTGRES_PASSWORD={password} -d postgres:16
env|os.environ['API_TOKEN'] = '{alnum32}'
json|{{"user":"app","password":"{password}"}}
json|{{"level":"debug","msg":"login","body":"{{\"pwd\":\"{password}\"}}"}}
json|"client_secret": "{alnum40}",
json|{{"access_token":"{alnum40}","token_type":"bearer","expires_in":3600}}
json|{{"refresh_token":"{alnum64}","scope":"openid"}}
json|{{"apiKey":"{alnum32}","model":"gpt"}}
json|{{'secret_key': '{alnum40}', 'bucket': 'logs'}}
json|"dbPass": "{password}"
json|{{"credentials":{{"username":"svc","passphrase":"{word}"}}}}
yaml|password: {password}
yaml|  mysql-root-password: {base64}
yaml|    smtp_auth_password: "{password}"
yaml|client_secret: {alnum40}
yaml|    token: {alnum40}
k8s|  .dockerconfigjson: {base64}
k8s|  tls.key: {pem64}
k8s|  ssh-privatekey: {pem64}
k8s|  token: {sajwt}
k8s|  token-secret: {base64}
k8s|apiVersion: v1⏎kind: Secret⏎metadata:⏎  name: db⏎data:⏎  username: {base64}
k8s|apiVersion: v1⏎data:⏎  config.yaml: {base64}⏎kind: Secret
k8s|kind: Secret⏎stringData:⏎  license: |⏎    {alnum40}
k8s|{{"apiVersion":"v1","data":{{"user":"{base64}"}},"kind":"Secret","metadata":{{"name":"x"}}}}
k8s|"{{\"kind\":\"Secret\",\"data\":{{\"user\":\"{base64}\"}}}}"
k8s|kubectl create secret generic db --from-literal=user={word}
sa|Token: {sajwt}
sa|reading /var/run/secrets/kubernetes.io/serviceaccount/token: {sajwt}
kubeconfig|    token: {sajwt}
kubeconfig|    client-key-data: {pem64}
kubeconfig|    password: {word}
kubeconfig|kubectl config set-credentials ci --token={alnum40}
kubeconfig|kubectl --token {sajwt} get pods
kubeadm|kubeadm join 10.0.0.1:6443 --token {kubeadm} --discovery-token-ca-cert-hash sha256:ab
kubeadm|[bootstrap-token] Using token: {kubeadm}
kubeadm|{kubeadm}   23h   2026-11-22T10:00:00Z   authentication,signing   <none>
header|Authorization: Bearer {jwt}
header|authorization: bearer {alnum40}
header|> Authorization: Basic {userpass}
header|"Authorization": ["Bearer {alnum40}"]
header|Proxy-Authorization: Basic {userpass}
header|-H 'X-Api-Key: {alnum32}'
header|x-auth-token: {alnum32}
header|X-Vault-Token: {hvs}
header|PRIVATE-TOKEN: {alnum20}
header|Ocp-Apim-Subscription-Key: {hex32}
header|DD-API-KEY: {hex32}
header|Authorization: Token token={alnum20}
header|Authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature={hex64}
cookie|Cookie: sessionid={alnum32}; theme=dark
cookie|Set-Cookie: JSESSIONID={hex32}; Path=/; HttpOnly
cookie|"cookie": "_session={base64}"
jwt|id_token={jwt}
jwt|verify failed for {jwt}
aws|aws_access_key_id = {akid}
aws|aws_secret_access_key = {awssecret}
aws|AWS_SECRET_ACCESS_KEY={awssecret}
aws|AWS_SESSION_TOKEN={session}
aws|"AccessKeyId": "{asid}",
aws|"SecretAccessKey": "{awssecret}",
aws|InvalidAccessKeyId: The AWS Access Key Id {akid} does not exist
aws|https://b.s3.amazonaws.com/k?X-Amz-Credential=x&X-Amz-Signature={hex64}
aws|GET /k?X-Amz-Security-Token={session}&X-Amz-Date=20261121T000000Z
dsn|postgres://app:{alnum20}@db.shop:5432/orders
dsn|postgresql+asyncpg://app:{word}@db/orders?ssl=true
dsn|could not connect to mysql://root:{word}@mysql:3306/shop
dsn|mongodb+srv://svc:{alnum20}@cluster0.example.net/?retryWrites=true
dsn|amqp://guest:{word}@rabbitmq:5672/%2f
dsn|redis://:{alnum20}@cache:6379/0
dsn|app:{alnum20}@tcp(db:3306)/orders?parseTime=true
dsn|host=db user=app password={word} dbname=orders sslmode=disable
dsn|jdbc:mysql://db:3306/shop?user=app&password={alnum20}&useSSL=false
dsn|jdbc:sqlserver://db:1433;databaseName=x;user=sa;password={password};encrypt=true
dsn|jdbc:oracle:thin:scott/{word}@db:1521/orcl
dsn|Server=tcp:db,1433;Initial Catalog=x;User ID=sa;Password={password};Encrypt=True
dsn|Data Source=db;User Id=sa;Pwd={password};
url|https://deploy:{alnum20}@git.example.com/shop/app.git
url|fatal: unable to access 'https://{alnum24}@github.com/a/b.git/': 403
url|https://x-access-token:{ghs}@github.com/a/b
url|smtp://user%40example.com:{alnum16}@smtp.example.com:587
url|GET /api/v1/items?api_key={hex32}&page=2
url|GET /cb?code=1&access_token={alnum40} HTTP/1.1
cli|mysql -h db -u root -p{word} shop
cli|mysqldump --password={password} --all-databases
cli|curl -u admin:{word} http://grafana:3000/api/health
cli|curl --user 'svc:{word}' https://api
cli|sshpass -p {word} ssh root@host
cli|redis-cli -h cache -a {word} ping
cli|docker login -u bot -p {alnum20} registry.example.com
cli|helm registry login r -u bot --password {alnum20}
cli|wget --http-password={word} http://x/y
cli|/usr/bin/app serve --db-pass {word} --port 80
cli|java -Djavax.net.ssl.keyStorePassword={word} -jar app.jar
cli|openssl rsa -in key.pem -passin pass:{word}
cli|vault login -token={hvs}
cli|ldapsearch -D cn=admin -w {word} -b dc=x
cli|psql "host=db password={word}"
slack|SLACK: posting with {xoxb}
slack|{xapp} socket mode
slack|https://hooks.slack.com/services/{slackhook}
github|git clone with {ghp} failed
github|GITHUB_TOKEN={ghs}
github|remote: {ghfine}
gitlab|CI token {glpat}
gitlab|gitlab-runner register {glrt}
stripe|stripe.api_key = "{sklive}"
stripe|using key {rklive} for payments
stripe|webhook signature {whsec}
google|key={aiza}&q=1
google|oauth2 {ya29}
google|client secret {gocspx}
llm|openai.AuthenticationError: Incorrect API key provided: {openai}
llm|{openaiproj}
llm|anthropic client {anthropic}
llm|login with {hf}
llm|groq {groq}
vault|token {hvs}
vault|vault token: {hvslegacy}
vault|vault write auth/approle/login --secret-id {uuid}
vault|Unseal Key 1: {base64}
vault|Initial Root Token: {hvslegacy}
datadog|DD_API_KEY={hex32}
datadog|dd-agent: api_key: {hex32}
datadog|https://http-intake.logs.datadoghq.com/v1/input/{hex32}
pagerduty|PAGERDUTY_ROUTING_KEY={alnum32}
pagerduty|"routing_key": "{hex32}"
pagerduty|pagerduty api token: {pagerduty}
azure|DefaultEndpointsProtocol=https;AccountName=x;AccountKey={azurekey};EndpointSuffix=y
azure|Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=R;SharedAccessKey={azurekey}
azure|https://x.blob.core.windows.net/c?sv=2022-11-02&sp=r&sig={sas}
azure|AADSTS7000215 client credential {azure}
npm|//npm.example.com/:_authToken={npm}
npm|npm publish {npm}
pypi|twine upload -u __token__ -p {pypi}
digitalocean|doctl auth {dop}
docker|docker pat {dckr}
docker|{{"auths":{{"r.example.com":{{"auth":"{userpass}"}}}}}}
docker|{{\"auths\":{{\"r\":{{\"auth\":\"{userpass}\"}}}}}}
grafana|grafana api {glsa}
databricks|host=adb token {dapi}
sendgrid|sendgrid {sendgrid} 401
twilio|twilio {twiliokey}
twilio|TWILIO_AUTH_TOKEN={hex32}
telegram|https://api.telegram.org/bot{telegram}/sendMessage
discord|discord bot login {discord}
discord|https://discord.com/api/webhooks/{discordhook}
sentry|SENTRY_DSN=https://{sentry}@o1.ingest.sentry.io/1
sentry|dsn: https://{sentry}@sentry.example.com/42
newrelic|{nrak}
shopify|{shpat}
postman|{pmak}
atlassian|jira {atatt}
mailgun|mailgun {mailgun}
mailchimp|mc {mailchimp}
terraform|credentials "app.terraform.io" {{ token = "{terraform}" }}
tailscale|tailscale up --authkey {tskey}
linear|{lin}
age|{age}
pem|-----BEGIN RSA PRIVATE KEY-----\n{alnum64}\n-----END RSA PRIVATE KEY-----
pem|-----BEGIN OPENSSH PRIVATE KEY-----⏎{alnum64}⏎{alnum64}
pem|-----BEGIN ENCRYPTED PRIVATE KEY-----⏎{alnum64}⏎-----END ENCRYPTED PRIVATE KEY-----
pem|{alnum64}⏎{alnum64}⏎-----END EC PRIVATE KEY-----
pem|"private_key": "-----BEGIN PRIVATE KEY-----\n{alnum64}\n-----END PRIVATE KEY-----\n"
otp|otpauth://totp/Shop:alice?secret={base32}&issuer=Shop
otp|totp seed: {base32}
otp|MFA_SECRET={base32}
phrase|your temporary password is {password}
phrase|Password reset to: {password}
mixed|level=info msg="loaded config" db.password={password}
mixed|config: {{db: {{password: {password}, user: app}}}}
mixed|Config{{Password={password}, User=app}}
mixed|&config.DB{{User:"app", Password:"{password}"}}
mixed|map[password:{alnum20} user:app]
mixed|PASSWORD is set to {password}
mixed|Using password: {password}
mixed|password="{password}" user="app"
mixed|mysql: [Warning] --password={word}
mixed|INFO user=admin pass={password}
mixed|INFO user=admin pwd={password}
mixed|INFO connection string: Server=db;Database=x;Uid=sa;Pwd={password}
mixed|Data Source=tcp:x.database.windows.net;User ID=a@b;Password={password};
mixed|spring.datasource.password={password}
mixed|spring.redis.password: {password}
mixed|<password>{password}</password>
mixed|<add key="ApiKey" value="{alnum32}" />
mixed|<server><username>x</username><password>{alnum16}</password></server>
mixed|[default]⏎aws_access_key_id={akid}⏎aws_secret_access_key={awssecret}
mixed|AWS_ACCESS_KEY_ID={akid} AWS_SECRET_ACCESS_KEY={awssecret}
mixed|export AWS_SECRET_ACCESS_KEY="{awssecret}"
mixed|aws configure set aws_secret_access_key {awssecret}
mixed|{akid},{awssecret}
mixed|User name,Password,Access key ID,Secret access key⏎bob,,{akid},{awssecret}
mixed|{{"AccessKeyId":"{asid}","SecretAccessKey":"{awssecret}","SessionToken":"{session}"}}
mixed|x-amz-security-token:{session}
mixed|_authToken={alnum32}
mixed|//npm.pkg.github.com/:_authToken={ghp}
mixed|machine github.com login bot password {ghp}
mixed|machine api.example.com login bot password {word}
mixed|.pgpass db:5432:shop:app:{password}
mixed|htpasswd -b /etc/nginx/.htpasswd admin {word}
mixed|echo {password} | docker login -u x --password-stdin r
mixed|kubectl create secret docker-registry r --docker-username=u --docker-password={password}
mixed|kubectl create secret generic x --from-literal=api={alnum20} --from-literal=foo={alnum24}
mixed|kubectl -n x patch secret db -p '{{"data":{{"user":"{base64}"}}}}'
mixed|helm install x --set auth.password={word},auth.user=x
mixed|helm upgrade x --set-string secret.key={alnum20}
mixed|terraform apply -var db_password={word}
mixed|TF_VAR_db_password={word} terraform apply
mixed|variable "db_password" {{ default = "{password}" }}
mixed|ansible_ssh_pass={word} ansible_become_pass={word}
mixed|ansible_become_password: {word}
mixed|consul acl token: {uuid}
mixed|X-Consul-Token: {uuid}
mixed|CONSUL_HTTP_TOKEN={uuid}
mixed|nomad token {uuid}
mixed|SecretID     = {uuid}
mixed|vault token: hvs.{alnum40}
mixed|VAULT_TOKEN=s.{alnum24}
mixed|secret_id            {uuid}
mixed|grafana admin password: {word}
mixed|GF_SECURITY_ADMIN_PASSWORD={word}
mixed|GF_SECURITY_ADMIN_PASSWORD: {word}
mixed|authorization: ApiKey {base64}
mixed|Authorization: Api-Key {alnum32}
mixed|Authorization: Splunk {uuid}
mixed|Authorization: GoogleLogin auth={alnum40}
mixed|authorization=[Bearer {alnum40}]
mixed|curl -H "Authorization: Bearer {sajwt}" https://api
mixed|curl -H 'apikey: {alnum32}' x
mixed|curl -H "X-Auth-Token:{alnum32}" x
mixed|curl "https://x/y?token={alnum32}"
mixed|curl https://user:{word}@host/x
mixed|curl -u admin:{password} x
mixed|http --auth admin:{word} GET x
mixed|wget --user=x --password={word} y
mixed|git clone https://oauth2:{glpat}@gitlab.com/a/b.git
mixed|git remote set-url origin https://{ghp}@github.com/a/b
mixed|https://api.telegram.org/bot{telegram}/getUpdates
mixed|https://discordapp.com/api/webhooks/{discordhook}
mixed|https://outlook.office.com/webhook/{uuid}@{uuid}/IncomingWebhook/{hex32}/{uuid}
mixed|https://x.webhook.office.com/webhookb2/{uuid}@{uuid}/IncomingWebhook/{hex32}/{uuid}
mixed|https://events.pagerduty.com/integration/{hex32}/enqueue
mixed|https://hooks.zapier.com/hooks/catch/123/{alnum16}
mixed|DATADOG_API_KEY: {hex32}
mixed|datadog.apiKey={hex32}
mixed|dd_api_key: "{hex32}"
mixed|ddog app key {hex40}
mixed|"api_key": "{hex32}", "app_key": "{hex40}"
mixed|pagerduty_token = {alnum20}
mixed|opsgenie key: {uuid}
mixed|OPSGENIE_API_KEY={uuid}
mixed|api key: {uuid}
mixed|API Key = {alnum32}
mixed|api-key={alnum32}
mixed|API_KEY = '{alnum32}'
mixed|apikey={alnum32}
mixed|"x-api-key": "{alnum40}"
mixed|client_id=x client_secret={alnum32}
mixed|clientSecret: '{alnum32}'
mixed|oauth_token={alnum32}&oauth_token_secret={alnum32}
mixed|"refreshToken":"{alnum64}"
mixed|id_token: {jwt}
mixed|sessionToken={alnum40}
mixed|session_key={alnum40}
mixed|csrf_token={alnum40}
mixed|Set-Cookie: token={jwt}; HttpOnly
mixed|Cookie: auth={alnum40}
mixed|cookie=sid={alnum40}
mixed|"signingKey":"{base64}"
mixed|encryption-key: {base64}
mixed|private-key: {base64}
mixed|DefaultEndpointsProtocol=https;AccountName=a;AccountKey={azurekey}
mixed|AZURE_CLIENT_SECRET={azure}
mixed|BlobEndpoint=https://x;SharedAccessSignature=sv=2020&sig={sas}
mixed|https://x.azurewebsites.net/api/f?code={azurekey}
mixed|x-functions-key: {azurekey}
mixed|"private_key": "-----BEGIN PRIVATE KEY-----\n{base64}{base64}\n-----END
mixed|FIREBASE_TOKEN=1//{alnum64}
mixed|1//0{alnum64} google refresh token
mixed|bot token {discord}
mixed|DISCORD_TOKEN={discord}
mixed|slack token={xoxb}
mixed|SLACK_SIGNING_SECRET={hex32}
mixed|TWILIO_ACCOUNT_SID=AC00 TWILIO_AUTH_TOKEN={hex32}
mixed|twilio auth token: {hex32}
mixed|STRIPE_KEY={sklive}
mixed|sentry_dsn=https://{hex32}:{hex32}@sentry.io/1
mixed|SENTRY_AUTH_TOKEN={hex64}
mixed|heroku api key {uuid}
mixed|HEROKU_API_KEY={uuid}
mixed|circleci token {hex40}
mixed|CIRCLE_TOKEN={hex40}
mixed|mfa secret: {base32}
mixed|TOTP_SECRET={base32}
mixed|2FA seed {base32}
mixed|recovery code: otp={base32}
mixed|otpauth://totp/a?issuer=x&secret={base32}
mixed|kubeadm token create prints {kubeadm}
mixed|token: {kubeadm}
mixed|certificate-key: {hex64}
mixed|--certificate-key {hex64}
mixed|kubeadm init phase upload-certs --certificate-key={hex64}
mixed|users:⏎- name: x⏎  user:⏎    client-key-data: {pem64}
mixed|users:⏎- name: x⏎  user:⏎    token: {alnum40}
mixed|.dockercfg: {base64}
mixed|"auths": {{"r": {{"username": "x", "password": "{password}", "auth": "{userpass}"}}}}
mixed|etcdctl --user root:{word} get /
mixed|mongo -u admin -p {word} --authenticationDatabase admin
mixed|mongodump --uri=mongodb://u:{word}@h
mixed|psql postgresql://app:{password}@db/x
mixed|PGPASSWORD={word} psql -h db
mixed|redis-cli -u redis://default:{alnum20}@h:6379
mixed|REDISCLI_AUTH={word} redis-cli
mixed|AUTH {alnum20}
mixed|"AUTH" "{alnum20}"
mixed|requirepass {word}
mixed|masterauth {word}
mixed|rabbitmqctl add_user x {word}
mixed|sasl.jaas.config=PlainLoginModule required username="x" password="{password}";
mixed|ssl.keystore.password={word}
mixed|keytool -storepass {word} -keypass {word}
mixed|-Djavax.net.ssl.trustStorePassword={word}
mixed|openssl enc -k {word} -in x
mixed|openssl pkcs12 -passout pass:{word}
mixed|gpg --passphrase {word} x
mixed|ssh-keygen -N {word}
mixed|sshpass -p'{word}' ssh x
mixed|sshpass -e SSHPASS={word}
mixed|net use x /user:y {password}
mixed|smbclient //h/s -U user%{word}
mixed|mount -t cifs -o username=x,password={word} //h/s /m
mixed|ldapsearch -w {word} -D x
mixed|bindpw {word}
mixed|ldap_bind_password = {word}
mixed|snmpwalk -v3 -A {word} -X {word}
mixed|smtp.password = {word}
mixed|smtp_password={word}
mixed|AUTH PLAIN {base64}
mixed|postgres password for user app: {password}
mixed|ALTER USER app WITH PASSWORD '{password}';
mixed|CREATE USER 'x'@'%' IDENTIFIED BY '{password}';
mixed|GRANT ALL ON x TO y IDENTIFIED BY '{word}'
mixed|SET PASSWORD FOR 'x' = '{word}'
"""

INNOCENT = r"""
commit {hex40} (HEAD -> main, tag: v1.2.3)
Merge {hex40} into {hex40}
image: registry.example.com/shop/checkout@sha256:{hex64}
Digest: sha256:{hex64}
Status: Downloaded newer image for nginx@sha256:{hex64}
containerID: containerd://{hex64}
imageID: docker.io/library/redis@sha256:{hex64}
trace_id={hex32} span_id=00f067aa0ba902b7
traceparent: 00-{hex32}-00f067aa0ba902b7-01
x-request-id: 9f2b6c1e-6f0e-4a52-9a51-6a7f3f1f2c11
X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678
x-amz-request-id: {upper16}
x-amz-id-2: {base64}
uid: 3b0c2a2e-6f0e-4a52-9a51-6a7f3f1f2c11
resourceVersion: "104857612345"
ETag: "{hex32}"
md5={hex32} size=1048576
sha1={hex40}
checksum/config: {hex64}
pod-template-hash: 6c9d7f8b5
controller-revision-hash: web-6c9d7f8b5
kubernetes.io/config.hash: {hex32}
level=info msg="request" request_id={hex32} status=200
idempotency_key=order-7781
Idempotency-Key: 9f2b6c1e-6f0e-4a52-9a51-6a7f3f1f2c11
cache_key=orders:12:page:3 hit=false
primary_key=42 foreign_key=7
partition_key=customer-77 sort_key=2026-11
routing_key=orders.created exchange=shop
s3_key=logs/2026/11/21/app.log.gz
object key: backups/2026-11-21.tar.gz
Error: KeyError: 'password'
KeyError: 'API_TOKEN'
redis key expired: session:77
duplicate key value violates unique constraint "orders_pkey"
Key (id)=(42) already exists.
key not found: shop/checkout
ssh: host key verification failed
keyspace=orders consistency=QUORUM
keyboard: no input device
monkey: patching sockets
tokenizer=bpe vocab=32000
max_tokens=4096 temperature=0.2
prompt_tokens: 55 completion_tokens: 12 total_tokens: 67
tokens per second: 41.2
SyntaxError: Unexpected token < in JSON at position 0
unexpected token: end of file
invalid token: expected ','
token expired at 2026-11-21T01:02:03Z
token is not valid yet
bearer token missing
Bearer error="invalid_token", error_description="expired"
WWW-Authenticate: Basic realm="grafana"
authorization: denied by policy
authorization failed for user alice
basic auth is disabled
Basic health check passed
auth: enabled
auth_mode=oidc issuer=https://login.example.com
author: alice@example.com
authority: system:masters
authn webhook timeout
cookie: not present
cookie jar is empty
Set-Cookie header was dropped
password authentication failed for user "app"
password: incorrect
password must be at least 12 characters
Password changed for user alice
the password is wrong
wrong password for user root
password is required
password is expired
password=<redacted>
password=***
password: "${{DB_PASSWORD}}"
password: $(DB_PASSWORD)
PASSWORD_FILE=/run/secrets/db
passwordSecretRef: checkout-db
existingSecret: checkout-db
secretName: checkout-tls
secretKeyRef: name: checkout-db key: password
imagePullSecrets: [name: regcred]
secret "checkout-db" not found
secrets is forbidden: User "oncall" cannot list resource "secrets"
Secret checkout-db was updated
MountVolume.SetUp failed for volume "db-secret" : secret "db-secret" not found
references non-existent secret key: password
kube_secret_labels{{secret="checkout-db"}} 1
external-secrets: SecretStore vault is not ready
automountServiceAccountToken: false
serviceAccountName: checkout
--service-account-private-key-file=/etc/kubernetes/pki/sa.key
--tls-private-key-file=/etc/tls/tls.key --tls-cert-file=/etc/tls/tls.crt
--token-auth-file=/etc/kubernetes/tokens.csv
--bootstrap-token-auth=true
--requestheader-client-ca-file=/etc/kubernetes/front-proxy-ca.crt
--password-stdin
use --token to log in
unknown flag: --tokens
flag needs an argument: --password
kubectl create secret generic db --from-file=ca.crt
kubectl create token builder --duration=10m
kubectl get secret db -o name
kubectl -n shop rollout undo deployment/checkout --to-revision=7
docker login succeeded
login failed for user app from 10.1.2.3
mysql -h db -P 3306 -u root shop
mysqladmin ping -h 127.0.0.1
curl -s -o /dev/null -w "%{{http_code}}" http://checkout:8080/healthz
10.1.2.3 - - [21/Nov/2026:01:02:03 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/8.5.0"
user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36
redis-cli -h cache ping
https://wiki.example.com/runbooks/checkout?x=1#restore
http://user@proxy:3128/path
ssh://git@github.com/shop/checkout.git
git@github.com:shop/checkout.git
mailto:oncall@example.com
postgres://db.shop:5432/orders
jdbc:postgresql://db:5432/orders
amqp://rabbitmq:5672
redis://cache:6379/0
mongodb://db-0.db:27017,db-1.db:27017/?replicaSet=rs0
dial tcp 10.96.0.10:53: i/o timeout
GET http://payment.shop.svc.cluster.local:8080/charge?id=7 200 12ms
GET /api/v1/tokens?page=2 HTTP/1.1
GET /login?next=/orders HTTP/1.1
POST /oauth/token 401 3ms
/var/run/secrets/kubernetes.io/serviceaccount/token
open /run/secrets/db-password: no such file or directory
arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf
arn:aws:iam::123456789012:role/checkout
arn:aws:kms:eu-central-1:123456789012:key/9f2b6c1e-6f0e-4a52-9a51-6a7f3f1f2c11
i-0abcdef1234567890 vol-0abcdef1234567890 eni-0abcdef1234567890
AROA{upper16}:session
AWS account 123456789012 region eu-central-1
disk-sk-1 task-7f3a risk-assessment-of-the-new-region
sk-learn-pipeline-version-two
ask-the-oncall-engineer-before-you-do
npm_config_cache=/tmp/npm
npm_lifecycle_event=start
hf_hub_download failed
glpat-your-token-here
ghp_your_token_here
xoxb-your-token
sk_live_xxxxxxxxxxxxxxxxxxxxxxxx
AKIAXXXX
-----BEGIN CERTIFICATE-----
certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUM=
-----BEGIN PUBLIC KEY-----
ssh-ed25519 fingerprint SHA256:{alnum40}
public_key={base64}
caBundle: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUM=
kid={hex32} alg=RS256
jwks_uri=https://login.example.com/keys
token_url=https://login.example.com/oauth2/v1/token
token_type=bearer expires_in=3600
grant_type=client_credentials
client_id=checkout-web
session_id=77 user_id=12
nextPageToken=page2
"continue": "{base64}"
continueToken: {base64}
checkout-6c9d7f8b5-x2k4p.17a2b3c4d5e6f7a8
E1121 01:02:03.123456 1 controller.go:117] failed to sync: timeout
    at com.example.orders.TokenService.verify(TokenService.java:88)
    token = self.tokens[self.at]
    secret = client.read_secret(name)
    if password == expected:
def check_password(password: str) -> bool:
--- PASS: TestToken (0.01s)
PASS: 12 FAIL: 3
passed=12 failed=3
bypass=true
compass: north
salted hash computed in 12ms
signature verification failed
image signature: verified by cosign
jwt expired
JWT validation failed: exp
private: true
private subnet subnet-0abc1234
credentials not found in ~/.aws/credentials
credential helper: osxkeychain
no credentials for registry.example.com
SELECT token FROM sessions WHERE id = 42
Opaque token, 3 keys
data: 3 bytes
password:  8 bytes
ca.crt:     1099 bytes
bootstrap.servers = kafka:9092
sasl.mechanism = SCRAM-SHA-512
ssl.key.password = null
ssl.keystore.password = [hidden]
otp verification failed for alice
mfa=enabled
limits: cpu 500m memory 512Mi
sig=missing
aws secretsmanager describe-secret --secret-id shop/db
aws s3api get-object --bucket logs --key reports/2026.csv out.csv
aws rds-data execute-statement --secret-arn arn:aws:secretsmanager:eu-west-1:1:secret:db-AbC
kubectl create secret tls web --cert=/root/tls.crt --key=/root/tls.key
webhook "validate.kyverno.svc" denied the request
token {uuid} not found in cache
request token bucket has 500 tokens left
refill token-bucket rate=100/s
TokenReview: authentication.k8s.io/v1
user system:serviceaccount:kube-system:token-cleaner
bootstrap-token-abcdef secret not found
token-ttl=24h
password hash algorithm argon2id
password policy: min 12 characters, 1 digit
password reset email sent to bob42@example.com
password reset requested for user 12345
password expires in 14 days
password length 12
passwd: user bob not found
passwd file /etc/passwd has 42 entries
password retries exceeded (3/3)
pass 2 of 3 completed
pass=3 fail=0 skip=1
test pass rate 98.2%
pass-through mode enabled
key rotation completed for key 3f2a
api key missing
api key not found
api key quota exceeded for project 12345
API key id: 77
access key last used 2026-11-20
secret key rotation scheduled
license key expired 2026-01-01
Key: app.kubernetes.io/name
key="shop/checkout"
key=shop/checkout-6c9d7f8b5 err="not found"
"key":"shop/checkout","queue":"deployment"
workqueue: requeue key kube-system/coredns
lock key lease/kube-scheduler acquired
etcd key /registry/pods/shop/checkout-6c9d7f8b5-x2k4p
redis KEYS orders:*
SELECT * FROM api_keys WHERE id = 7
CREATE INDEX token_idx ON sessions(token)
ALTER TABLE users ADD COLUMN password_hash text
INSERT INTO orders (key, value) VALUES ('a', 'b')
auth: user alice authenticated via oidc
AUTH failed for user alice
AUTH: no such user
AUTH 200 OK
auth-url: http://oauth2-proxy.auth.svc/oauth2/auth
auth_request /oauth2/auth;
nginx.ingress.kubernetes.io/auth-secret: basic-auth
nginx.ingress.kubernetes.io/auth-type: basic
cert-manager.io/private-key-secret-name: web
tls.key: 1704 bytes
token:      1214 bytes
password:  16 bytes
Type:  kubernetes.io/tls
type: kubernetes.io/dockerconfigjson
secretName: web-tls-2026
- secretRef: name: checkout-env
  - name: DB_PASSWORD
    valueFrom:
DB_PASSWORD:  <set to the key 'password' in secret 'checkout-db'>  Optional: false
      DB_PASSWORD:        <set to the key 'password' in secret 'checkout-db'>
      API_URL:            http://payment.shop:8080
      LOG_LEVEL:          debug
Mounts: /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-x7k2p (ro)
kube-api-access-x7k2p: Type: Projected TokenExpirationSeconds: 3607
annotation checksum/secret: {hex64}
helm.sh/chart: redis-18.1.0
deployment.kubernetes.io/revision: "7"
kubectl.kubernetes.io/restartedAt: "2026-11-21T01:02:03Z"
apiserver_request_total{{code="403",resource="secrets"}} 12
rate(token_requests_total[5m])
vault_token_count_by_policy{{policy="default"}} 17
container_id=docker://{hex64}
layer sha256:{hex64}: Pull complete
sha256sum {hex64}  app.tar.gz
git checkout {hex40}
Already at {hex40}
GitCommit: {hex40} GoVersion: go1.23.1
BuildKey {hex40}
build {hex40} deployed
"commit":"{hex40}"
revision={hex40}
spanId={hex16} traceId={hex32}
b3: {hex32}-{hex16}-1
uber-trace-id: {hex32}:{hex16}:0:1
X-B3-TraceId: {hex32}
correlation_id={uuid}
"requestId":"{uuid}"
aws-request-id: {uuid}
RequestId: {uuid} Duration: 12.3 ms Billed Duration: 13 ms
START RequestId: {uuid} Version: $LATEST
Audit-Id: {uuid}
X-Kubernetes-Pf-Flowschema-Uid: {uuid}
session {uuid} closed
job_id={uuid}
message-id: <{uuid}@mail.example.com>
arn:aws:ecs:eu-west-1:123456789012:task/prod/{hex32}
arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/{hex16}
sg-{hex16} subnet-{hex16} vpc-{hex16}
/subscriptions/{uuid}/resourceGroups/prod
projects/x/secrets/db/versions/3
projects/x/locations/global/keyRings/r/cryptoKeys/k
gs://bucket/path/key.json
s3://logs/2026/11/21/app-{hex32}.gz
etag: W/"{hex32}"
ETag={hex32}-5
If-None-Match: "{hex40}"
Content-MD5: {base64}
nonce={hex32}
csrf check failed for /login
jwt: token is expired by 3h2m
JWT audience mismatch: expected shop got cart
jwks cache refreshed 2 keys
oauth2: "invalid_grant" "Token has been expired or revoked."
oidc: id token issued by a different provider
code=503 reason="upstream connect error"
GET /search?code=200&q=x
GET /callback?code=abc&state=1
status code=404
exit code 137
sig=SIGTERM received
signal: killed
signature=none
algorithm=RS256 kid=main-2026
bearer of bad news
Bearer authentication required
basic-auth disabled
Basic tier 2 plan
grpc-status: 16 grpc-message: unauthenticated
cookie consent v2 shown
cookie=enabled
SameSite cookie attribute missing
curl: (7) Failed to connect to checkout port 8080
curl -u exporter http://x
wget -q -O- http://checkout:8080/healthz
ssh-keygen -t ed25519 -f /tmp/key
ssh -i ~/.ssh/id_ed25519 ec2-user@10.0.0.1
mysql -u root -p -h db
mysql --defaults-file=/etc/mysql/debian.cnf -e "show processlist"
psql -h db -U app -d orders -c "select 1"
redis-cli -h cache -p 6379 info
mongosh --host db --port 27017
docker login -u bot --password-stdin registry
kubectl create configmap app --from-literal=mode=prod
kubectl get secrets -A
kubectl describe secret db
kubectl auth can-i get secrets --as system:serviceaccount:shop:web
aws sts get-caller-identity --profile prod
aws logs tail /aws/lambda/checkout --since 1h
aws s3 ls s3://prod-data/keys/
terraform plan -var-file=prod.tfvars
user@host:/var/log$ tail -f app.log
oncall@example.com: paged
http://example.com/@user/post
https://medium.com/@author/post-title-1234567890ab
npm ERR! 404 @scope/pkg@1.2.3
pkg:npm/%40scope/pkg@1.2.3
registry.example.com:5000/shop/web@sha256:{hex64}
ftp://mirror.example.com:21/pub
tcp://10.0.0.1:6379
unix:///var/run/docker.sock
java.lang.SecurityException: key not trusted
javax.net.ssl.SSLHandshakeException: PKIX path building failed
at com.auth0.jwt.JWTVerifier.verify(JWTVerifier.java:453)
at org.springframework.security.ProviderManager.authenticate(ProviderManager.java:182)
  File "/app/auth/token.py", line 88, in verify_token
    raise InvalidTokenError("token has expired")
    password = os.environ["DB_PASSWORD"]
    token = request.headers.get("Authorization")
    api_key=settings.API_KEY,
    secret: process.env.SECRET,
    token: ${{{{ secrets.GITHUB_TOKEN }}}}
    password: {{{{ .Values.auth.password | quote }}}}
  password: !vault |
export TOKEN=$(kubectl create token x)
TOKEN=`cat token`
DB_PASSWORD=${{DB_PASSWORD:?missing}}
if [ -z "$API_KEY" ]; then
"password": "********"
"password": null
"token": ""
password=[FILTERED]
token=<hidden>
api_key=REDACTED
"Authorization": "[redacted]"
authorization: Bearer ***
Authorization: Bearer <token>
Authorization: Basic <base64>
https://user:***@host/x
postgres://user:[hidden]@db/x
postgres://${{DB_USER}}:${{DB_PASS}}@db/x
"""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text, what kind of secret is in it, and the secrets that must not stay."""

    kind: str
    text: str
    secrets: tuple[str, ...]


def secret_bearing() -> Iterator[Labelled]:
    """Texts with secrets, made anew."""
    for line in BEARING.strip().split("\n"):
        kind, _, form = line.partition("|")
        yield _filled(kind, form)


def innocent() -> Iterator[str]:
    """Texts that have to stay as they are."""
    makers = {
        **MAKERS,
        "upper16": lambda: run(16, UPPER),
    }
    for form in INNOCENT.strip("\n").split("\n"):
        yield _filled("", form, makers).text


def _filled(kind: str, form: str, makers: dict[str, Callable[[], str]] = MAKERS) -> Labelled:
    names = {name for _, name, _, _ in string.Formatter().parse(form) if name}
    values = {name: makers[name]() for name in names}
    return Labelled(kind, form.replace("⏎", "\n").format(**values), tuple(values.values()))
