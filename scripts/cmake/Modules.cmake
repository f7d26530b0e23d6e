# SPDX-License-Identifier: GPL-3.0-or-later
# agent_module(NAME [USES module...] [LIBRARIES target...])
# One static library for the folder agent/NAME, from all of its .cpp files (main.cpp and *_main.cpp
# excepted). USES names the other modules it may include; nothing else is on its link line, so a
# dependency that is not named here does not link.
function(agent_module name)
  cmake_parse_arguments(M "" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "(^|/)([a-z_]+_)?main\\.cpp$")
  add_library(agent-${name} STATIC ${sources})
  target_include_directories(agent-${name} PUBLIC ${PROJECT_SOURCE_DIR})
  list(TRANSFORM M_USES PREPEND agent-)
  target_link_libraries(agent-${name} PUBLIC ${M_USES} tl::expected
                        PRIVATE ${M_LIBRARIES} update-agent-options)
endfunction()

# agent_module_tests(NAME [LIBRARIES target...])
# The executable of tests/unit/NAME, which links the module agent/NAME and what that may use.
function(agent_module_tests name)
  string(REPLACE "," ";" sanitizers "${UPDATE_AGENT_SANITIZERS}")
  cmake_parse_arguments(M "" "" "LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  if(NOT sources)
    message(FATAL_ERROR "tests/unit/${name} has no tests")
  endif()
  add_executable(test-${name} ${sources})
  target_include_directories(test-${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(test-${name} PRIVATE agent-${name} ${M_LIBRARIES} catch-main
                        update-agent-options)
  target_compile_definitions(test-${name} PRIVATE
    TEST_DATA_DIR="${CMAKE_CURRENT_SOURCE_DIR}/data" SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  # Only what is tested is compiled as it is shipped, or with every check: the macros of the tests
  # themselves are slow to compile.
  target_compile_options(test-${name} PRIVATE -g1 -O0 -U_FORTIFY_SOURCE)
  if("address" IN_LIST sanitizers)
    # After the target's own options, which would turn them on again.
    set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS -fno-sanitize=all)
  endif()
  set_target_properties(test-${name} PROPERTIES UNITY_BUILD OFF)
  if(UPDATE_AGENT_PRECOMPILED_TESTS)
    target_precompile_headers(test-${name} REUSE_FROM test-headers)
  endif()
  add_test(NAME unit-${name} COMMAND test-${name})
endfunction()
