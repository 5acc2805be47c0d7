# METADATA
# title: Digests and commits in the provenance have their form
# custom:
#   id: supply-chain/provenance_digests_well_formed
#   severity: medium
#   references: {nist: [SR-4]}
#   rationale: >-
#     A shortened commit or a digest with a typing error looks like evidence and leads nowhere.
#   remediation: >-
#     Seal with the full commit and with digests as tools print them.
package drift.supply_chain.provenance_digests_well_formed

import data.drift.lib.baseline

# What must have a form, by name: the form.
forms[name] := "40 or 64 hexadecimal digits" if {
	some name, _ in input.baseline.provenance
	name in {"git_commit", "commit", "revision"}
}

forms[name] := "sha256: and 64, or sha512: and 128 hexadecimal digits" if {
	some name, value in input.baseline.provenance
	is_digest(name, value)
}

is_digest(name, _) if regex.match("(^|[_.-])(digest|sha256|sha512|sbom)$", name)

is_digest(_, value) if regex.match("^sha(256|512):", value)

well_formed(name, value) if {
	startswith(forms[name], "40")
	regex.match("^([0-9a-f]{40}|[0-9a-f]{64})$", value)
}

well_formed(name, value) if {
	startswith(forms[name], "sha256")
	regex.match("^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$", value)
}

deny contains {"observed": substring(value, 0, 160), "expected": form, "message": name} if {
	baseline.sealed
	some name, form in forms
	value := input.baseline.provenance[name]
	not well_formed(name, value)
}

not_applicable contains "the provenance holds neither a commit nor a digest" if {
	baseline.sealed
	count(forms) == 0
}

# Of several baselines that compose, only the last one's provenance is known.
not_checked contains "the provenance of the earlier baselines is not known" if count(input.baseline.composed_of) > 0

not_checked contains baseline.unsealed if not baseline.sealed
