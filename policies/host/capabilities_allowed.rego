# METADATA
# title: Only known programs have file capabilities
# custom:
#   id: host/capabilities_allowed
#   severity: high
#   references: {nist: ["AC-6", "CM-7"]}
#   rationale: A capability is a part of root's power for whoever starts the program, and shows in no listing of permissions.
#   remediation: Take the capabilities away (setcap -r) and find out who set them; a program that needs them belongs in a package and in capabilities_allowed.
#   parameters:
#     capabilities_allowed:
#       description: Programs of packages that may have capabilities, and which (as getcap shows them). One that no package claims is denied even so. The default is what packages of Debian 12 set.
#       default:
#         /usr/bin/fping: cap_net_raw=ep
#         /usr/bin/mtr-packet: cap_net_raw=ep
#         /usr/bin/ping: cap_net_raw=ep
#         /usr/lib/aarch64-linux-gnu/gstreamer1.0/gstreamer-1.0/gst-ptp-helper: cap_net_bind_service,cap_net_admin=ep
#         /usr/lib/x86_64-linux-gnu/gstreamer1.0/gstreamer-1.0/gst-ptp-helper: cap_net_bind_service,cap_net_admin=ep
package drift.host.capabilities_allowed

deny contains {"path": file.path, "observed": file.capability, "expected": object.get(data.params.capabilities_allowed, file.path, "no capability"), "package": file.package} if {
	some file in input.lists.capabilities
	object.get(data.params.capabilities_allowed, file.path, "") != file.capability
}

deny contains {"path": file.path, "observed": concat(", ", [file.capability, "of no package that was read"]), "expected": "a file of a package"} if {
	some file in input.lists.capabilities
	object.get(data.params.capabilities_allowed, file.path, "") == file.capability
	file.package == null
}
