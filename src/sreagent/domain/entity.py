"""The things an incident is about, and how to name them to kubectl."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Entity:
    """One object, by kind, namespace and name.

    `namespace` is empty for cluster-scoped kinds. Kinds are spelled as Kubernetes spells them.
    """

    kind: str
    namespace: str = ""
    name: str

    def __str__(self) -> str:
        """Render as people write it: ``deployment shop/checkout``."""
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind.lower()} {place}"

    @property
    def path(self) -> str:
        """The same as one word: ``Deployment/shop/checkout``."""
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)

    @property
    def get(self) -> str:
        """The line that shows it again: of kubectl, the AWS CLI or amtool."""
        if line := _ELSEWHERE.get(self.kind):
            return line.format(name=self.name, namespace=self.namespace)
        scope = f" -n {self.namespace}" if self.namespace else ""
        return f"kubectl{scope} get {self.kind.lower()} {self.name} -o yaml"


_ELSEWHERE: Mapping[str, str] = {
    "Alert": "amtool alert query alertname={name}",
    "AWS::ECS::Service": "aws ecs describe-services --cluster {namespace} --services {name}",
    "AWS::AutoScaling::AutoScalingGroup": (
        "aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names {name}"
    ),
    "AWS::Lambda::Alias": "aws lambda get-alias --function-name {namespace} --name {name}",
    "AWS::RDS::DBInstance": "aws rds describe-db-instances --db-instance-identifier {name}",
    "AWS::EKS::Cluster": "aws eks describe-cluster --name {name}",
    "AWS::EKS::Nodegroup": (
        "aws eks describe-nodegroup --cluster-name {namespace} --nodegroup-name {name}"
    ),
    "AWS::EKS::Addon": "aws eks describe-addon --cluster-name {namespace} --addon-name {name}",
    "AWS::EC2::Instance": "aws ec2 describe-instances --instance-ids {name}",
}
"""What lies outside of a cluster; AWS kinds are spelled as CloudFormation spells them."""


def parse_path(path: str) -> Entity:
    """Read what `Entity.path` wrote.

    Raises:
        ValueError: The text has not two or three parts.
    """
    parts = path.split("/")
    if len(parts) == 2:
        return Entity(kind=parts[0], name=parts[1])
    kind, namespace, name = parts
    return Entity(kind=kind, namespace=namespace, name=name)
