# METADATA
# title: No compilers and build tools
# custom:
#   id: image/no_build_tools
#   severity: medium
#   references: {cis-docker: ["4.3"], nist: ["CM-7"]}
#   rationale: What built the image is not needed to run it, and serves who breaks in to build their own tools.
#   remediation: Build in one stage and copy the result into another (FROM … AS build), or remove the packages in the step that installed them.
#   paths:
#     - /usr/bin/as
#     - /usr/bin/c++
#     - /usr/bin/c89
#     - /usr/bin/c99
#     - /usr/bin/cargo
#     - /usr/bin/cc
#     - /usr/bin/clang
#     - /usr/bin/clang++
#     - /usr/bin/cmake
#     - /usr/bin/cpp
#     - /usr/bin/g++
#     - /usr/bin/gcc
#     - /usr/bin/gfortran
#     - /usr/bin/go
#     - /usr/bin/javac
#     - /usr/bin/ld
#     - /usr/bin/ld.bfd
#     - /usr/bin/ld.gold
#     - /usr/bin/ld.lld
#     - /usr/bin/make
#     - /usr/bin/meson
#     - /usr/bin/ninja
#     - /usr/bin/rustc
#     - /usr/bin/tcc
#     - /usr/bin/clang-[0-9]*
#     - /usr/bin/g++-[0-9]*
#     - /usr/bin/gcc-[0-9]*
#     - /usr/bin/*-gcc
#     - /usr/bin/*-gcc-[0-9]*
#     - /usr/bin/*-g++-[0-9]*
#     - /usr/bin/*-ld
#     - /usr/bin/*-as
#     - /usr/local/bin/as
#     - /usr/local/bin/c++
#     - /usr/local/bin/c89
#     - /usr/local/bin/c99
#     - /usr/local/bin/cargo
#     - /usr/local/bin/cc
#     - /usr/local/bin/clang
#     - /usr/local/bin/clang++
#     - /usr/local/bin/cmake
#     - /usr/local/bin/cpp
#     - /usr/local/bin/g++
#     - /usr/local/bin/gcc
#     - /usr/local/bin/gfortran
#     - /usr/local/bin/go
#     - /usr/local/bin/javac
#     - /usr/local/bin/ld
#     - /usr/local/bin/ld.bfd
#     - /usr/local/bin/ld.gold
#     - /usr/local/bin/ld.lld
#     - /usr/local/bin/make
#     - /usr/local/bin/meson
#     - /usr/local/bin/ninja
#     - /usr/local/bin/rustc
#     - /usr/local/bin/tcc
#     - /usr/local/go/bin/go
#     - /root/*/bin/cargo
#     - /usr/local/cargo/bin/cargo
#     - /usr/lib/go-*/bin/go
#     - /usr/lib/jvm/*/bin/javac
#   parameters:
#     build_tools_allowed: {description: Paths of these that may be there., default: []}
package drift.image.no_build_tools

found contains input.files["/usr/bin/as"]

found contains input.files["/usr/bin/c++"]

found contains input.files["/usr/bin/c89"]

found contains input.files["/usr/bin/c99"]

found contains input.files["/usr/bin/cargo"]

found contains input.files["/usr/bin/cc"]

found contains input.files["/usr/bin/clang"]

found contains input.files["/usr/bin/clang++"]

found contains input.files["/usr/bin/cmake"]

found contains input.files["/usr/bin/cpp"]

found contains input.files["/usr/bin/g++"]

found contains input.files["/usr/bin/gcc"]

found contains input.files["/usr/bin/gfortran"]

found contains input.files["/usr/bin/go"]

found contains input.files["/usr/bin/javac"]

found contains input.files["/usr/bin/ld"]

found contains input.files["/usr/bin/ld.bfd"]

found contains input.files["/usr/bin/ld.gold"]

found contains input.files["/usr/bin/ld.lld"]

found contains input.files["/usr/bin/make"]

found contains input.files["/usr/bin/meson"]

found contains input.files["/usr/bin/ninja"]

found contains input.files["/usr/bin/rustc"]

found contains input.files["/usr/bin/tcc"]

found contains input.files["/usr/local/bin/as"]

found contains input.files["/usr/local/bin/c++"]

found contains input.files["/usr/local/bin/c89"]

found contains input.files["/usr/local/bin/c99"]

found contains input.files["/usr/local/bin/cargo"]

found contains input.files["/usr/local/bin/cc"]

found contains input.files["/usr/local/bin/clang"]

found contains input.files["/usr/local/bin/clang++"]

found contains input.files["/usr/local/bin/cmake"]

found contains input.files["/usr/local/bin/cpp"]

found contains input.files["/usr/local/bin/g++"]

found contains input.files["/usr/local/bin/gcc"]

found contains input.files["/usr/local/bin/gfortran"]

found contains input.files["/usr/local/bin/go"]

found contains input.files["/usr/local/bin/javac"]

found contains input.files["/usr/local/bin/ld"]

found contains input.files["/usr/local/bin/ld.bfd"]

found contains input.files["/usr/local/bin/ld.gold"]

found contains input.files["/usr/local/bin/ld.lld"]

found contains input.files["/usr/local/bin/make"]

found contains input.files["/usr/local/bin/meson"]

found contains input.files["/usr/local/bin/ninja"]

found contains input.files["/usr/local/bin/rustc"]

found contains input.files["/usr/local/bin/tcc"]

found contains input.files["/usr/local/go/bin/go"]

found contains file if some file in input.files["/root/*/bin/cargo"].matches

found contains input.files["/usr/local/cargo/bin/cargo"]

found contains file if some file in input.files["/usr/bin/clang-[0-9]*"].matches

found contains file if some file in input.files["/usr/bin/g++-[0-9]*"].matches

found contains file if some file in input.files["/usr/bin/gcc-[0-9]*"].matches

found contains file if some file in input.files["/usr/bin/*-gcc"].matches

found contains file if some file in input.files["/usr/bin/*-gcc-[0-9]*"].matches

found contains file if some file in input.files["/usr/bin/*-g++-[0-9]*"].matches

found contains file if some file in input.files["/usr/bin/*-ld"].matches

found contains file if some file in input.files["/usr/bin/*-as"].matches

found contains file if some file in input.files["/usr/lib/go-*/bin/go"].matches

found contains file if some file in input.files["/usr/lib/jvm/*/bin/javac"].matches

deny contains {"path": file.path, "observed": "a build tool", "expected": "no such file", "package": file.package} if {
	some file in found
	file.state == "present"
	file.type != "directory"
	not file.path in data.params.build_tools_allowed
}
