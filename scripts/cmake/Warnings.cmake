# SPDX-License-Identifier: GPL-3.0-or-later
add_library(update-agent-options INTERFACE)
target_compile_options(update-agent-options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast)
if(UPDATE_AGENT_WERROR)
  target_compile_options(update-agent-options INTERFACE -Werror)
endif()
if(UPDATE_AGENT_SANITIZERS)
  target_compile_options(update-agent-options INTERFACE
    -fsanitize=${UPDATE_AGENT_SANITIZERS} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(update-agent-options INTERFACE -fsanitize=${UPDATE_AGENT_SANITIZERS})
endif()
if(UPDATE_AGENT_COVERAGE)
  target_compile_options(update-agent-options INTERFACE --coverage)
  target_link_options(update-agent-options INTERFACE --coverage)
endif()
