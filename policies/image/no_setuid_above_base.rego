# METADATA
# title: No setuid or setgid program above the layers of the base
# custom:
#   id: image/no_setuid_above_base
#   severity: high
#   references: {cis-docker: ["4.8"], nist: ["AC-6", "CM-7"]}
#   rationale: The base was reviewed; a program that was added with such a bit gives more rights to whoever starts it in every container.
#   remediation: Take the bit away in the step that adds the program (chmod a-s), or leave the package out.
#   parameters:
#     base_layers: {description: "The layers of the approved base, the lowest first, as digests of the unpacked archives (diff_id), such as sha256:….", default: []}
package drift.image.no_setuid_above_base

import data.drift.lib.permissions

privileged contains file if some file in input.lists.setuid

privileged contains file if some file in input.lists.setgid

# The image stands on the base: each of the base's layers is there, in its place.
on_base if {
	input.image != null
	every index, layer in data.params.base_layers {
		input.image.layers[index].diff_id == layer
	}
}

deny contains {"path": file.path, "observed": concat(" ", [permissions.shown(file), "from layer", format_int(file.layer, 10)]), "expected": "no such bit above the base", "package": file.package} if {
	count(data.params.base_layers) > 0
	on_base
	some file in privileged
	file.layer != null
	file.layer >= count(data.params.base_layers)
}

not_checked contains "the parameter base_layers is empty" if count(data.params.base_layers) == 0

not_checked contains "the image is not built on base_layers" if {
	input.image != null
	not on_base
}

not_applicable contains "the target is no image" if input.image == null
