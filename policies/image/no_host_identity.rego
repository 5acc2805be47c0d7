# METADATA
# title: The image has no identity of a host
# custom:
#   id: image/no_host_identity
#   severity: high
#   references: {nist: ["IA-3", "SC-12"]}
#   rationale: Hosts made from one image with an identity in it share their SSH keys, their machine id and the seed of their random numbers; who has one can pretend to be another.
#   remediation: Remove the file when the image is built, or leave it empty; each host makes its own at its first start.
#   paths: [/etc/machine-id, /var/lib/dbus/machine-id, /var/lib/systemd/random-seed, /etc/ssh/ssh_host_*_key]
package drift.image.no_host_identity

# What hosts are made from; a host itself has an identity.
of_many if input.target.kind != "host"

ids contains input.files["/etc/machine-id"]

ids contains input.files["/var/lib/dbus/machine-id"]

deny contains {"path": file.path, "observed": "a machine id", "expected": "an empty file, or none"} if {
	of_many
	some file in ids
	file.type == "file"
	not unset(file)
}

# "uninitialized" is what systemd writes for "none yet" (machine-id(5)).
unset(file) if file.size < 32

deny contains {"path": file.path, "observed": "a seed of random numbers", "expected": "no such file"} if {
	of_many
	file := input.files["/var/lib/systemd/random-seed"]
	file.state == "present"
	file.size != 0
}

deny contains {"path": key.path, "observed": "a private SSH key of the host", "expected": "no such file"} if {
	of_many
	some key in input.files["/etc/ssh/ssh_host_*_key"].matches
	key.size != 0
}

not_applicable contains "the target is a host, which has an identity" if input.target.kind == "host"
