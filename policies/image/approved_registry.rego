# METADATA
# title: The base image comes from an approved registry
# custom:
#   id: image/approved_registry
#   severity: high
#   references: {cis-docker: ["4.2"], nist-800-190: ["4.1.5"], nist: ["SR-4", "CM-11"]}
#   rationale: What an image is built on runs in every container of it; who may offer that is decided in advance.
#   remediation: Build on an image of an approved registry, or have the registry approved (approved_registries).
#   parameters:
#     approved_registries:
#       description: Registries, or registries with the beginning of a repository, such as registry.example.org/base. Names without a registry are those of docker.io.
#       default: []
package drift.image.approved_registry

name := "org.opencontainers.image.base.name"

# Where the image says that it comes from: an annotation, a label, or its own name if it has one.
said contains input.image.annotations[name]

said contains input.image.config.labels[name]

said contains input.image.reference if {
	input.image.reference != null
	contains(input.image.reference, "/")
}

deny contains {"observed": text, "expected": concat(" or ", data.params.approved_registries)} if {
	count(data.params.approved_registries) > 0
	some text in said
	not approved(full(text))
}

deny contains {"observed": text, "expected": "a name without /../"} if {
	count(data.params.approved_registries) > 0
	some text in said
	contains(text, "/../")
}

approved(text) if {
	some registry in data.params.approved_registries
	inside(text, full_registry(registry))
}

inside(text, registry) if text == registry

inside(text, registry) if {
	some sign in signs(trim_right(registry, "/"))
	startswith(text, concat("", [trim_right(registry, "/"), sign]))
}

# After a registry alone, ":" begins a port, and so another registry.
signs(registry) := ["/"] if not contains(registry, "/")

signs(registry) := ["/", ":", "@"] if contains(registry, "/")

# A name with its registry: "debian:12" is "docker.io/library/debian:12".
full(text) := concat("", ["docker.io/library/", text]) if not contains(text, "/")

full(text) := text if {
	contains(text, "/")
	has_registry(split(text, "/")[0])
}

full(text) := concat("", ["docker.io/", text]) if {
	contains(text, "/")
	not has_registry(split(text, "/")[0])
}

full_registry(text) := text if has_registry(split(text, "/")[0])

full_registry(text) := concat("", ["docker.io/", text]) if not has_registry(split(text, "/")[0])

has_registry(first) if contains(first, ".")

has_registry(first) if contains(first, ":")

has_registry(first) if first == "localhost"

not_checked contains "the parameter approved_registries is empty" if count(data.params.approved_registries) == 0

not_checked contains "the image does not say what it is built on (org.opencontainers.image.base.name)" if {
	input.image != null
	count(said) == 0
}

not_applicable contains "the target is no image" if input.image == null
