# METADATA
# title: No file lets other hosts in without a password
# custom:
#   id: host/no_rsh_trust_files
#   severity: high
#   references: {cis: ["7.2.10"], ssg: ["no_rsh_trust_files"], nist: ["AC-17", "IA-2", "CM-7"]}
#   rationale: Such a file lets in whoever claims to come from a host that it names.
#   remediation: Remove the file; use keys.
#   paths: [/etc/hosts.equiv, /etc/ssh/shosts.equiv, /root/.rhosts, /root/.shosts, /home/*/.rhosts, /home/*/.shosts]
package drift.host.no_rsh_trust_files

found contains input.files["/etc/hosts.equiv"]

found contains input.files["/etc/ssh/shosts.equiv"]

found contains input.files["/root/.rhosts"]

found contains input.files["/root/.shosts"]

found contains file if some file in input.files["/home/*/.rhosts"].matches

found contains file if some file in input.files["/home/*/.shosts"].matches

deny contains {"path": file.path, "observed": file.type, "expected": "no such file"} if {
	some file in found
	file.state == "present"
}
