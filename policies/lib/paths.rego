# Paths with a leading slash, as reports write them.
package drift.lib.paths

# Whether it is the directory or lies below it; whole names count: /usrlocal is not below /usr.
below(path, directory) if path == directory

below(path, directory) if startswith(path, concat("", [trim_suffix(directory, "/"), "/"]))

# Whether it is one of the directories or lies below one.
below_any(path, directories) if {
	slashed := concat("", [path, "/"])
	some directory in directories
	startswith(slashed, concat("", [trim_suffix(directory, "/"), "/"]))
}
