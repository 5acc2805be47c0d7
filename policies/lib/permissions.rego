# Who owns an object, and what others may do with it.
package drift.lib.permissions

# An owner as reports show it: the name where the target's own files have one, else the number.
name(known, _) := known if known != null

name(null, number) := format_int(number, 10) if number != null

name(null, null) := "unknown"

# "root:shadow 0640".
shown(file) := concat(" ", [concat(":", [name(file.user, file.uid), name(file.group, file.gid)]), file.mode]) if {
	file.mode != null
}

shown(file) := concat(":", [name(file.user, file.uid), name(file.group, file.gid)]) if {
	file.mode == null
}

# Whether a mode has permissions that another has not; both are four octal digits.
beyond(text, most) if {
	some place in [0, 1, 2, 3]
	bits.and(digit(text, place), 7 - digit(most, place)) != 0
}

digit(text, place) := to_number(substring(text, place, 1))

# What is wrong with an object that only these accounts, by number, may own and that may have no more
# permissions than these. The permissions of a link mean nothing, and what it points to is another object.
flaws(file, owners, most) := {flaw | some flaw in wrong_owner(file, owners)} | {flaw | some flaw in wrong_mode(file, most)}

wrong_owner(file, owners) := {{"observed": shown(file), "expected": concat(" ", ["owner", wanted(owners)])} |
	file.state == "present"
	file.uid != null
	not file.uid in owners
}

wrong_mode(file, most) := {{"observed": shown(file), "expected": concat(" ", [most, "or less"])} |
	file.state == "present"
	file.type != "symlink"
	file.mode != null
	beyond(file.mode, most)
}

wanted(owners) := concat(" or ", sort([format_int(owner, 10) | some owner in owners]))

# What is wrong with the group of an object that is neither 0 nor one of these names.
wrong_group(file, groups) := {{"observed": shown(file), "expected": concat(" or ", array.concat(["group 0"], sort(groups)))} |
	file.state == "present"
	file.gid != null
	file.gid != 0
	not file.group in groups
}

# One sentence for each object whose owner or permissions the target does not carry.
unseen(objects) := {concat(" ", ["the owner or the permissions of", file.path, "are not known"]) |
	some file in objects
	file.state == "present"
	missing(file)
}

missing(file) if file.uid == null

missing(file) if file.mode == null

# One sentence for each link that leads to something that nobody judged: neither another of these objects
# nor what packages and the running system keep.
led_away(objects) := {concat(" ", ["what", file.path, "leads to is not judged"]) |
	known := {object.path | some object in objects; object.state == "present"; object.type != "symlink"}
	some file in objects
	file.state == "present"
	file.type == "symlink"
	not stays(file, known)
}

stays(file, known) if {
	is_string(file.link_target)
	place := goal(file)
	not regex.match("//|/[.][.]?(/|$)", place)
	trusted(place, known)
}

trusted(place, _) if place == "/dev/null"

trusted(place, _) if {
	some directory in ["/usr/lib/", "/lib/", "/run/"]
	startswith(place, directory)
}

trusted(place, known) if place in known

# Where a link leads, from the root on.
goal(file) := file.link_target if startswith(file.link_target, "/")

goal(file) := concat("/", [above(file.path), file.link_target]) if {
	not startswith(file.link_target, "/")
	not startswith(file.link_target, "../")
}

goal(file) := concat("/", [above(above(file.path)), trim_prefix(file.link_target, "../")]) if startswith(file.link_target, "../")

above(path) := concat("/", array.slice(split(path, "/"), 0, count(split(path, "/")) - 1))
