package drift.image.approved_registry_test

import data.drift.image.approved_registry

test_an_approved_one_passes if {
	found := approved_registry.deny with input as {
		"image": {
			"reference": null,
			"annotations": {"org.opencontainers.image.base.name": "registry.example.org/base/debian:12"},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.approved_registries as ["registry.example.org/base/", "quay.io"]
	count(found) == 0
}

test_a_name_that_only_begins_so_is_denied if {
	found := approved_registry.deny with input as {
		"image": {
			"reference": null,
			"annotations": {"org.opencontainers.image.base.name": "quay.io.evil.example/debian"},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.approved_registries as ["registry.example.org/base/", "quay.io"]
	{denial.observed | some denial in found} == {"quay.io.evil.example/debian"}
}

test_another_repository_is_denied if {
	found := approved_registry.deny with input as {
		"image": {
			"reference": null,
			"annotations": {"org.opencontainers.image.base.name": "registry.example.org/other/debian"},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.approved_registries as ["registry.example.org/base/", "quay.io"]
	{denial.observed | some denial in found} == {"registry.example.org/other/debian"}
}

test_names_without_registry_are_those_of_docker if {
	found := approved_registry.deny with input as {
		"image": {
			"reference": null,
			"annotations": {"org.opencontainers.image.base.name": "debian:12"},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.approved_registries as ["docker.io/library"]
	count(found) == 0
}

test_names_without_registry_can_be_denied if {
	found := approved_registry.deny with input as {
		"image": {
			"reference": null,
			"annotations": {"org.opencontainers.image.base.name": "debian:12"},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.approved_registries as ["registry.example.org/base/", "quay.io"]
	{denial.observed | some denial in found} == {"debian:12"}
}

test_a_users_repository_is_not_the_library if {
	found := approved_registry.deny with input as {
		"image": {
			"reference": null,
			"annotations": {"org.opencontainers.image.base.name": "someone/debian"},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.approved_registries as ["docker.io/library"]
	{denial.observed | some denial in found} == {"someone/debian"}
}

test_without_parameter_it_is_not_checked if {
	found := approved_registry.not_checked with input as {
		"image": {
			"reference": null,
			"annotations": {"org.opencontainers.image.base.name": "debian"},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.approved_registries as []
	found == {"the parameter approved_registries is empty"}
}

test_without_a_word_of_the_image_it_is_not_checked if {
	found := approved_registry.not_checked with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.approved_registries as ["registry.example.org/base/", "quay.io"]
	found == {"the image does not say what it is built on (org.opencontainers.image.base.name)"}
}

test_without_image_it_is_not_applicable if {
	found := approved_registry.not_applicable with input as {"image": null}
		with data.params.approved_registries as ["registry.example.org/base/", "quay.io"]
	found == {"the target is no image"}
}

test_a_bare_name_is_the_librarys if {
	found := approved_registry.deny with input as {
		"image": {
			"reference": null,
			"annotations": {"org.opencontainers.image.base.name": "debian"},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.approved_registries as ["docker.io/library"]
	count(found) == 0
}

test_the_name_of_an_archive_counts if {
	found := approved_registry.deny with input as {
		"image": {
			"reference": "evil.example/x:1",
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.approved_registries as ["registry.example.org/base/", "quay.io"]
	{denial.observed | some denial in found} == {"evil.example/x:1"}
}

test_a_tag_alone_says_nothing if {
	found := approved_registry.not_checked with input as {
		"image": {
			"reference": "web",
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.approved_registries as ["registry.example.org/base/", "quay.io"]
	found == {"the image does not say what it is built on (org.opencontainers.image.base.name)"}
}

test_without_parameter_nothing_is_denied if {
	found := approved_registry.deny with input as {
		"image": {
			"reference": null,
			"annotations": {"org.opencontainers.image.base.name": "debian"},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.approved_registries as []
	count(found) == 0
}

test_without_image_nothing_is_unknown if {
	found := approved_registry.not_checked with input as {"image": null}
		with data.params.approved_registries as ["registry.example.org/base/", "quay.io"]
	count(found) == 0
}

named(name) := {"image": {"reference": null, "annotations": {"org.opencontainers.image.base.name": name}, "config": {"labels": {}}}}

test_another_port_is_another_registry if {
	other := approved_registry.deny with input as named("quay.io:8443/debian")
		with data.params.approved_registries as ["quay.io"]
	count(other) == 1
	user := approved_registry.deny with input as named("quay.io@evil.example/debian")
		with data.params.approved_registries as ["quay.io/"]
	count(user) == 1
}

test_a_tag_of_an_approved_repository_passes if {
	every name in ["quay.io/base:1", "quay.io/base@sha256:aa", "quay.io/base/x", "quay.io/base"] {
		found := approved_registry.deny with input as named(name)
			with data.params.approved_registries as ["quay.io/base"]
		count(found) == 0
	}
}

test_a_name_that_climbs_is_denied if {
	found := approved_registry.deny with input as named("quay.io/base/../evil/x")
		with data.params.approved_registries as ["quay.io/base"]
	{denial.expected | some denial in found} == {"a name without /../"}
}
