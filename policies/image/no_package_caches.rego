# METADATA
# title: No caches of package managers
# custom:
#   id: image/no_package_caches
#   severity: low
#   references: {cis-docker: ["4.3"], nist: ["CM-7"]}
#   rationale: A cache makes every copy of the image larger and grows old at once; what a later step installs from it is not what was reviewed.
#   remediation: Remove it in the step that made it (apt-get clean, rm -rf /var/lib/apt/lists/*), or use cache mounts.
#   paths:
#     - /var/lib/apt/lists/*
#     - /var/lib/apt/lists/partial/*
#     - /var/cache/apt/*.bin
#     - /var/cache/apt/archives/*.deb
#     - /var/cache/apt/archives/partial/*
#     - /var/cache/apk/*
#     - /var/cache/dnf/**
#     - /var/cache/yum/**
#     - /var/cache/pacman/pkg/*
#     - /var/cache/zypp/**
#     - /root/.cache/**
#     - /home/*/.cache/**
#     - /root/.npm/_cacache/**
#     - /root/*/registry/cache/**
#     - /root/.m2/repository/**
#     - /root/go/pkg/mod/cache/**
package drift.image.no_package_caches

found contains {"kind": "a package list of apt", "file": file} if some file in input.files["/var/lib/apt/lists/*"].matches

found contains {"kind": "a package list of apt", "file": file} if some file in input.files["/var/lib/apt/lists/partial/*"].matches

found contains {"kind": "a package list of apt", "file": file} if some file in input.files["/var/cache/apt/*.bin"].matches

found contains {"kind": "a downloaded package", "file": file} if some file in input.files["/var/cache/apt/archives/*.deb"].matches

found contains {"kind": "a downloaded package", "file": file} if some file in input.files["/var/cache/apt/archives/partial/*"].matches

found contains {"kind": "a downloaded package", "file": file} if some file in input.files["/var/cache/apk/*"].matches

found contains {"kind": "a downloaded package", "file": file} if some file in input.files["/var/cache/dnf/**"].matches

found contains {"kind": "a downloaded package", "file": file} if some file in input.files["/var/cache/yum/**"].matches

found contains {"kind": "a downloaded package", "file": file} if some file in input.files["/var/cache/pacman/pkg/*"].matches

found contains {"kind": "a downloaded package", "file": file} if some file in input.files["/var/cache/zypp/**"].matches

found contains {"kind": "a cache of a language's packages", "file": file} if some file in input.files["/root/.cache/**"].matches

found contains {"kind": "a cache of a language's packages", "file": file} if some file in input.files["/home/*/.cache/**"].matches

found contains {"kind": "a cache of a language's packages", "file": file} if some file in input.files["/root/.npm/_cacache/**"].matches

found contains {"kind": "a cache of a language's packages", "file": file} if some file in input.files["/root/*/registry/cache/**"].matches

found contains {"kind": "a cache of a language's packages", "file": file} if some file in input.files["/root/.m2/repository/**"].matches

found contains {"kind": "a cache of a language's packages", "file": file} if some file in input.files["/root/go/pkg/mod/cache/**"].matches

deny contains {"path": file.path, "observed": kind, "expected": "no such file"} if {
	some one in found
	kind := one.kind
	file := one.file
	file.type == "file"
	file.size != 0
}
