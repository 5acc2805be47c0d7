# Differences as evidence. Lists, not sets: to keep a set of a hundred thousand changes in order, each
# is compared with a dozen others member by member.
package drift.lib.changes

# Those of the target; what a later baseline alters of an earlier one is another matter.
of_target := [change |
	some change in input.changes
	object.get(change, "altered_by", null) == null
]

# Those of files and their kin.
entries := [change |
	some change in of_target
	change.subject == "entry"
]

# One without those that come with the change of a package, which stands for them.
unfolded := [change |
	some change in of_target
	object.get(change, "folded_into", null) == null
]

# What happened, without values that differ from run to run: "modified: digest, size".
told(change) := concat(": ", [change.kind, concat(", ", names)]) if {
	change.kind == "modified"
	names := [attribute.name | some attribute in object.get(change, "attributes", [])]
	count(names) > 0
} else := concat(" ", ["moved from", change.moved_from]) if {
	is_string(object.get(change, "moved_from", null))
} else := change.kind

# The cause, and what holds now: another content in the same place is another denial.
said(change) := concat("; ", array.concat([change.cause], values(change)))

values(change) := [concat(" ", [attribute.name, substring(attribute.after, 0, 200)]) |
	some attribute in object.get(change, "attributes", [])
	not attribute.name in {"mtime", "size"}
	is_string(object.get(attribute, "after", null))
]

# The denial of a change.
denial(change, expected) := {"path": change.path, "observed": told(change), "expected": expected, "message": said(change)} if {
	change.subject == "entry"
}

denial(change, expected) := {"package": change.path, "observed": change.cause, "expected": expected} if {
	change.subject == "package"
}

denial(change, expected) := {"observed": concat(" ", [change.path, told(change)]), "expected": expected, "message": change.cause} if {
	change.subject == "fact"
}

# Paths of what is of another type than it was.
retyped := {change.path |
	some change in entries
	change.kind == "modified"
	some attribute in change.attributes
	attribute.name == "type"
}

# The value of an attribute after the change, where the change tells it.
after(change, name) := value if {
	some attribute in change.attributes
	attribute.name == name
	value := attribute.after
	value != null
}
