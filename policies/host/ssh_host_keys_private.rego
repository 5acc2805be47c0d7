# METADATA
# title: Only root can read the host's private SSH keys
# custom:
#   id: host/ssh_host_keys_private
#   severity: high
#   references: {cis: ["5.1.2"], ssg: ["file_permissions_sshd_private_key"], nist: ["AC-3", "SC-12"]}
#   rationale: Whoever has the key can pretend to be this host to everybody who logs in.
#   remediation: Make new keys (rm /etc/ssh/ssh_host_*, ssh-keygen -A) and tell those who know the old ones; root:root, mode 0600.
#   paths: [/etc/ssh/ssh_host_*_key]
package drift.host.ssh_host_keys_private

import data.drift.lib.permissions

keys := input.files["/etc/ssh/ssh_host_*_key"].matches

deny contains object.union({"path": key.path}, flaw) if {
	some key in keys
	some flaw in permissions.flaws(key, {0}, most(key))
}

# A group of its own may read the keys where ssh-keysign has the setgid bit instead of setuid.
most(key) := "0640" if of_nobody(key)

most(key) := "0600" if not of_nobody(key)

of_nobody(key) if {
	key.group == "ssh_keys"
	not somebodys(key)
}

somebodys(key) if count(input.accounts.groups[key.group].members) > 0

somebodys(key) if {
	some user in input.accounts.users
	user.gid == key.gid
}

not_checked contains sentence if some sentence in permissions.unseen(keys)

not_applicable contains "there is no private SSH key of the host" if count(keys) == 0
