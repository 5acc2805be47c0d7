# METADATA
# title: The seal names the bill of materials of the image
# custom:
#   id: supply-chain/sbom_digest_in_provenance
#   severity: medium
#   references: {nist: [SR-4, CM-8]}
#   rationale: >-
#     A bill of materials that nothing ties to the image can be that of another one. Its digest in the
#     seal ties it.
#   remediation: >-
#     Seal with --provenance sbom=sha256:… of the file that the pipeline made.
package drift.supply_chain.sbom_digest_in_provenance

import data.drift.lib.baseline

found := object.get(input.baseline.provenance, "sbom", "")

deny contains {"observed": observed, "expected": "sbom=sha256: and 64 hexadecimal digits"} if {
	baseline.sealed
	not regex.match("^sha256:[0-9a-f]{64}$", found)
	observed := told(found)
}

told(text) := "absent" if text == ""

told(text) := substring(text, 0, 160) if text != ""

# Of several baselines that compose, only the last one's provenance is known.
not_checked contains "the provenance of the earlier baselines is not known" if count(input.baseline.composed_of) > 0

not_checked contains baseline.unsealed if not baseline.sealed
