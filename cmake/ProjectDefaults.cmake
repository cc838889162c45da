# What every target of the project shares: the language, warnings, sanitizers, and add_layer().
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(WARNINGS_AS_ERRORS "Fail the build on a warning" OFF)
set(SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined")
option(TEST_HOOKS "Compile the fault hooks that the torture runs use; never in what ships" OFF)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(project_defaults INTERFACE)
target_include_directories(project_defaults INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(project_defaults INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<BOOL:${WARNINGS_AS_ERRORS}>:-Werror>)
target_compile_definitions(project_defaults INTERFACE
  $<$<BOOL:${TEST_HOOKS}>:CONVERTD_TEST_HOOKS>)

# The presets that CI builds compile several sources as one: most of the time goes into CAF's, httplib's
# and GoogleTest's headers. dev and release do not, so that each source still stands for itself.
if(CMAKE_UNITY_BUILD)
  target_compile_options(project_defaults INTERFACE -Wno-subobject-linkage) # each is a main file's own
endif()

if(SANITIZE)
  target_compile_definitions(project_defaults INTERFACE CONVERTD_SANITIZED)
  # CAF 0.17.6 headers bind a null reference for argument-less spawns: the null check stays off.
  add_compile_options(-fsanitize=${SANITIZE} -fno-sanitize=null -fno-omit-frame-pointer
    -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${SANITIZE})
endif()

# add_layer(NAME SOURCES files... USES layers... LIBRARIES imported_targets...)
# One static library per folder; a folder may use only what it names here.
function(add_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC project_defaults ${arg_USES} PRIVATE ${arg_LIBRARIES})
endfunction()
