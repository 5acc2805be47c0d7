# METADATA
# title: Only root and the account itself can change what its shell runs first
# custom:
#   id: host/shell_start_files
#   severity: high
#   references: {cis: ["7.2.10"], ssg: ["accounts_user_dot_user_ownership", "file_permission_user_init_files"], nist: ["AC-3", "AC-6"]}
#   rationale: Whoever can change a start file runs programs as everyone who logs in.
#   remediation: Give the file to root, or to the account whose home it is in, and take the permission to write from everybody else (chmod go-w); read what it runs.
#   paths: [/etc/profile, /etc/profile.d/*, /etc/bash.bashrc, /etc/environment, /etc/csh.login, /etc/csh.cshrc, /etc/zsh/*, /etc/skel/.*]
package drift.host.shell_start_files

import data.drift.lib.permissions

of_all contains input.files["/etc/profile"]

of_all contains input.files["/etc/bash.bashrc"]

of_all contains input.files["/etc/environment"]

of_all contains input.files["/etc/csh.login"]

of_all contains input.files["/etc/csh.cshrc"]

of_all contains file if some file in input.files["/etc/profile.d/*"].matches

of_all contains file if some file in input.files["/etc/zsh/*"].matches

of_all contains file if some file in input.files["/etc/skel/.*"].matches

deny contains object.union({"path": file.path}, flaw) if {
	some file in of_all
	some flaw in permissions.flaws(file, {0}, "0755")
}

deny contains object.union({"path": file.path}, flaw) if {
	some user in input.accounts.users
	some file in user.start_files
	some flaw in permissions.flaws(file, {0, user.uid}, "0755")
}

not_checked contains sentence if some sentence in permissions.unseen(of_all)

not_checked contains sentence if {
	some user in input.accounts.users
	some sentence in permissions.unseen(user.start_files)
}

not_checked contains sentence if some sentence in permissions.led_away(of_all)

not_checked contains sentence if {
	some user in input.accounts.users
	some sentence in permissions.led_away(user.start_files)
}
