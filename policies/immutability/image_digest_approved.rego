# METADATA
# title: The image is one that was approved
# custom:
#   id: immutability/image_digest_approved
#   severity: high
#   references: {nist: [CM-2, CM-14]}
#   rationale: >-
#     A tag can be moved to other content at any time; the digest of an image cannot. What runs must be
#     what was approved.
#   remediation: >-
#     Deploy the approved image by its digest, or seal a baseline of the new one after approving it.
#   parameters:
#     approved_image_digests:
#       description: Digests of manifests or configurations of approved images, beside that of the baseline.
#       default: []
package drift.immutability.image_digest_approved

import data.drift.lib.baseline

found := input.target.identity.image_digest

approved contains digest if some digest in data.params.approved_image_digests

approved contains input.baseline.image.manifest_digest if {
	baseline.sealed
	is_string(input.baseline.image.manifest_digest)
}

approved contains input.baseline.image.config_digest if {
	baseline.sealed
	is_string(input.baseline.image.config_digest)
}

deny contains {"observed": found, "expected": concat(", ", sort(approved))} if {
	is_string(found)
	count(approved) > 0
	not found in approved
}

not_checked contains "no image is approved: the baseline is not of an image, and the parameter approved_image_digests is empty" if {
	is_string(found)
	count(approved) == 0
}

not_checked contains "the target does not say from which image it is" if {
	not is_string(found)
	count(approved) > 0
}

not_applicable contains "the target is no image, and none is approved" if {
	not is_string(found)
	count(approved) == 0
}
