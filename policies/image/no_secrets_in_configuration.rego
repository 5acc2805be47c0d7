# METADATA
# title: No secrets in configuration and history
# custom:
#   id: image/no_secrets_in_configuration
#   severity: critical
#   references: {cis-docker: ["4.10"], nist-800-190: ["4.1.4"], nist: ["IA-5", "SC-28"]}
#   rationale: Everybody who can pull the image can read its environment, its labels and the commands that made it, those of removed files too.
#   remediation: Withdraw the secret where it is valid, and build the image with secret mounts; removing it from the image alone does not take it back.
package drift.image.no_secrets_in_configuration

deny contains {"observed": concat(" ", [secret.kind, "in", secret.location]), "expected": "no secret"} if {
	some secret in input.image.secrets
}

not_applicable contains "the target is no image" if input.image == null
