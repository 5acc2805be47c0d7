package drift.immutability.image_configuration_unchanged_test

import data.drift.immutability.image_configuration_unchanged

user := {
	"subject": "fact", "path": "config.user", "kind": "modified", "fact": {"collector": "image", "key": "config.user"},
	"attributes": [{"name": "value", "before": "app", "after": null}],
}

seen(image, golden, changes) := {"image": image, "baseline": {"kind": "sealed", "verified": true, "image": golden}, "changes": changes}

test_no_difference_passes if {
	count(image_configuration_unchanged.deny) == 0 with input as seen({}, {}, [])
	count(image_configuration_unchanged.not_checked) == 0 with input as seen({}, {}, [])
	count(image_configuration_unchanged.not_applicable) == 0 with input as seen({}, {}, [])
}

test_another_user_is_denied if {
	image_configuration_unchanged.deny == {{"observed": "not set", "expected": "app", "message": "config.user"}} with input as seen({}, {}, [user])
}

test_one_image_is_not_checked if {
	count(image_configuration_unchanged.not_checked) == 1 with input as seen({}, null, [])
	count(image_configuration_unchanged.not_checked) == 1 with input as seen(null, {}, [])
}

test_no_image_is_not_applicable if {
	count(image_configuration_unchanged.not_applicable) == 1 with input as seen(null, null, [])
}
