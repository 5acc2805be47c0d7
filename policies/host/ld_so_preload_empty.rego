# METADATA
# title: No library is loaded into every program
# custom:
#   id: host/ld_so_preload_empty
#   severity: critical
#   references: {nist: ["SI-7", "CM-7"], attack: ["T1574.006"]}
#   rationale: /etc/ld.so.preload puts code into every program, those of root included; rootkits hide themselves by it.
#   remediation: Take the host from the network and examine it from outside; where the library is wanted, name it in preload_allowed.
#   parameters:
#     preload_allowed: {description: "Libraries that may stand in /etc/ld.so.preload, as written there.", default: []}
package drift.host.ld_so_preload_empty

deny contains {"path": library.file, "line": library.line, "observed": library.value, "expected": "no library"} if {
	some library in input.settings.ld_so_preload.libraries
	not library.value in data.params.preload_allowed
}
