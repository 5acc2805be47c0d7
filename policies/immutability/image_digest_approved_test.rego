package drift.immutability.image_digest_approved_test

import data.drift.immutability.image_digest_approved

golden := {"manifest_digest": "sha256:aa", "config_digest": "sha256:bb"}

running(digest, image) := {
	"target": {"identity": {"image_digest": digest}},
	"baseline": {"kind": "sealed", "verified": true, "image": image},
}

test_the_golden_one_passes if {
	count(image_digest_approved.deny) == 0 with input as running("sha256:aa", golden)
		with data.params.approved_image_digests as []
}

test_another_one_is_denied if {
	some denial in image_digest_approved.deny with input as running("sha256:cc", golden)
		with data.params.approved_image_digests as []
	denial.expected == "sha256:aa, sha256:bb"
}

test_a_named_one_passes if {
	count(image_digest_approved.deny) == 0 with input as running("sha256:cc", golden)
		with data.params.approved_image_digests as ["sha256:cc"]
}

test_an_image_without_any_approved_is_not_checked if {
	count(image_digest_approved.not_checked) == 1 with input as running("sha256:cc", null)
		with data.params.approved_image_digests as []
}

test_a_host_that_should_be_an_image_is_not_checked if {
	count(image_digest_approved.not_checked) == 1 with input as running(null, golden)
		with data.params.approved_image_digests as []
}

test_a_host_is_not_applicable if {
	count(image_digest_approved.not_applicable) == 1 with input as running(null, null)
		with data.params.approved_image_digests as []
}
