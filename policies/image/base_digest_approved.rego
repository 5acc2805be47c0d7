# METADATA
# title: The base image is one that was approved
# custom:
#   id: image/base_digest_approved
#   severity: high
#   references: {cis-docker: ["4.2"], nist-800-190: ["4.1.5"], nist: ["CM-2", "SR-4"]}
#   rationale: A tag says what somebody calls an image today; only a digest says which image it is.
#   remediation: Build again on an approved base, by its digest (FROM name@sha256:…).
#   parameters:
#     approved_base_digests: {description: "Digests of manifests of base images, such as sha256:….", default: []}
package drift.image.base_digest_approved

name := "org.opencontainers.image.base.digest"

said contains input.image.annotations[name]

said contains input.image.config.labels[name]

deny contains {"observed": digest, "expected": "a digest of approved_base_digests"} if {
	count(data.params.approved_base_digests) > 0
	some digest in said
	not digest in data.params.approved_base_digests
}

not_checked contains "the parameter approved_base_digests is empty" if count(data.params.approved_base_digests) == 0

not_checked contains "the image does not say what it is built on (org.opencontainers.image.base.digest)" if {
	input.image != null
	count(said) == 0
}

not_applicable contains "the target is no image" if input.image == null
