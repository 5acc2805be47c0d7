# METADATA
# title: No setuid or setgid program beyond those of the base
# custom:
#   id: image/no_setuid_beyond_base
#   severity: high
#   references: {cis-docker: ["4.8"], nist: ["AC-6", "CM-7"]}
#   rationale: The base was reviewed; a program that was added with such a bit gives more rights to whoever starts it in every container.
#   remediation: Take the bit away in the step that adds the program (chmod a-s), or leave the package out.
#   parameters:
#     base_layers: {description: "The layers of the approved base, the lowest first, as digests of the unpacked archives (diff_id), such as sha256:….", default: []}
package drift.image.no_setuid_beyond_base

import data.drift.lib.permissions

privileged contains file if some file in input.lists.setuid

privileged contains file if some file in input.lists.setgid

# The image stands on the base: each of the base's layers is there, in its place.
on_base if {
	count(data.params.base_layers) > 0
	input.image != null
	every index, layer in data.params.base_layers {
		input.image.layers[index].diff_id == layer
	}
}

deny contains {"path": file.path, "observed": concat(" ", [permissions.shown(file), "from layer", format_int(file.layer, 10)]), "expected": "no such bit above the base", "package": file.package} if {
	on_base
	some file in privileged
	file.layer != null
	file.layer >= count(data.params.base_layers)
}

deny contains {"path": file.path, "observed": concat(" ", [permissions.shown(file), "not in the baseline"]), "expected": "no such bit beyond the baseline", "package": file.package} if {
	not on_base
	some file in privileged
	file.in_baseline == false
}

not_checked contains "neither base_layers nor a baseline says what the base has" if {
	count(data.params.base_layers) == 0
	not input.baseline.kind in {"sealed", "snapshot"}
}

not_checked contains "the image is not built on base_layers" if {
	count(data.params.base_layers) > 0
	not on_base
}
