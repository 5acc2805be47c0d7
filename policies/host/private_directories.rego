# METADATA
# title: Private directories are private
# custom:
#   id: host/private_directories
#   severity: medium
#   references: {nist: ["AC-3", "AC-6"]}
#   rationale: These directories hold keys, plans and notes of root and of services; others have nothing to look for in them.
#   remediation: Restore the owner and the mode that the evidence names (chmod).
#   paths: [/root, /root/.ssh, /etc/ssl/private, /var/cache/ldconfig, /var/lib/private, /var/spool/cron/crontabs]
package drift.host.private_directories

import data.drift.lib.permissions

# Each with the most that its mode may be.
directories contains {"file": input.files["/root"], "most": "0700"}

directories contains {"file": input.files["/root/.ssh"], "most": "0700"}

directories contains {"file": input.files["/etc/ssl/private"], "most": "0710"}

directories contains {"file": input.files["/var/cache/ldconfig"], "most": "0700"}

directories contains {"file": input.files["/var/lib/private"], "most": "0700"}

directories contains {"file": input.files["/var/spool/cron/crontabs"], "most": "1730"}

deny contains object.union({"path": directory.file.path}, flaw) if {
	some directory in directories
	some flaw in permissions.flaws(directory.file, {0}, directory.most)
}

not_checked contains sentence if some sentence in permissions.unseen([directory.file | some directory in directories])

not_applicable contains "none of these directories exists" if {
	every directory in directories { directory.file.state == "absent" }
}
