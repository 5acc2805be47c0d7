# METADATA
# title: Only root can change what lies in system directories
# custom:
#   id: host/system_directories
#   severity: critical
#   references: {cis: ["5.4.2.5"], ssg: ["accounts_root_path_dirs_no_write", "no_dirs_unowned_by_root"], nist: ["AC-3", "AC-6", "CM-5"]}
#   rationale: Whoever can write a directory can put a program of their own in the place of another, whatever the permissions of that program are.
#   remediation: Restore root and mode 0755, and compare what lies in it with the baseline.
#   paths: [/, /bin, /boot, /etc, /lib, /lib64, /opt, /root, /sbin, /usr, /usr/bin, "/usr/bin/*", /usr/lib, "/usr/lib/*/lib*.so*", /usr/lib/systemd, "/usr/lib/systemd/system/*", /usr/lib64, /usr/libexec, /usr/local, /usr/local/bin, "/usr/local/bin/*", /usr/local/lib, /usr/local/sbin, "/usr/local/sbin/*", /usr/sbin, "/usr/sbin/*", /usr/share, /var, /var/lib]
package drift.host.system_directories

import data.drift.lib.permissions

directories contains input.files["/"]

directories contains input.files["/bin"]

directories contains input.files["/boot"]

directories contains input.files["/etc"]

directories contains input.files["/lib"]

directories contains input.files["/lib64"]

directories contains input.files["/opt"]

directories contains input.files["/root"]

directories contains input.files["/sbin"]

directories contains input.files["/usr"]

directories contains input.files["/usr/bin"]

directories contains input.files["/usr/lib"]

directories contains input.files["/usr/lib/systemd"]

directories contains input.files["/usr/lib64"]

directories contains input.files["/usr/libexec"]

directories contains input.files["/usr/local"]

directories contains input.files["/usr/local/bin"]

directories contains input.files["/usr/local/lib"]

directories contains input.files["/usr/local/sbin"]

directories contains input.files["/usr/sbin"]

directories contains input.files["/usr/share"]

directories contains input.files["/var"]

directories contains input.files["/var/lib"]

programs contains file if some file in input.files["/usr/bin/*"].matches

programs contains file if some file in input.files["/usr/sbin/*"].matches

programs contains file if some file in input.files["/usr/local/bin/*"].matches

programs contains file if some file in input.files["/usr/local/sbin/*"].matches

programs contains file if some file in input.files["/usr/lib/systemd/system/*"].matches

programs contains file if some file in input.files["/usr/lib/*/lib*.so*"].matches

# What may run with the rights of its owner or group is the matter of other policies; at belongs to daemon.
deny contains object.union({"path": file.path}, flaw) if {
	some file in programs
	file.path != "/usr/bin/at"
	some flaw in permissions.flaws(file, {0}, "7755")
}

deny contains object.union({"path": file.path}, flaw) if {
	some file in directories
	some flaw in permissions.flaws(file, {0}, "0755")
}

not_checked contains sentence if some sentence in permissions.unseen(directories)

not_checked contains "the owner or the permissions of programs are not known" if count(permissions.unseen(programs)) > 0
