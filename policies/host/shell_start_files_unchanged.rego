# METADATA
# title: What shells run first is as in the baseline
# custom:
#   id: host/shell_start_files_unchanged
#   severity: high
#   references: {nist: ["CM-3", "SI-7"]}
#   rationale: A line in a start file runs at each login, as whoever logs in.
#   remediation: Read what differs; bring the file back, or make the change in the image and seal it.
package drift.host.shell_start_files_unchanged

literal := {"/etc/profile", "/etc/bash.bashrc", "/etc/environment", "/etc/csh.login", "/etc/csh.cshrc"}

names := {".profile", ".bash_profile", ".bash_login", ".bash_logout", ".bashrc", ".zshenv", ".zprofile", ".zshrc", ".zlogin", ".kshrc", ".cshrc", ".login", ".tcshrc", ".logout", ".mkshrc", ".zlogout", ".ssh/rc", ".config/fish/config.fish"}

started(path) if path in literal

started(path) if startswith(path, "/etc/profile.d/")

started(path) if startswith(path, "/etc/zsh/")

started(path) if {
	some name in names
	endswith(path, concat("", ["/", name]))
	some parent in ["/root/", "/home/"]
	startswith(path, parent)
}

# What packages say of these files is no earlier state of this system.
compared if input.baseline.kind in {"sealed", "snapshot"}

deny contains {"path": change.path, "observed": change.kind, "expected": "as in the baseline"} if {
	compared
	some change in input.changes
	change.subject == "entry"
	change.kind != "removed"
	started(change.path)
}
