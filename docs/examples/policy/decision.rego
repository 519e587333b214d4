# A second opinion: it can only make our verdict stricter.
# In the policy file: rego: {file: decision.rego, tests: decision-tests.yaml}

package sreagent

default decision := "allow"

decision := "deny" if {
	input.action.namespace == "warehouse"
	input.action.verb in {"scale", "delete_pod"}
} else := "ask" if {
	input.facts.dependants[_] == "checkout"
}
