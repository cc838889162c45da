// What a hijacked child would try, and how the lock must answer.
#pragma once

#include "codec/codec_limits.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace convertd {

/// What an act works with.
struct act_context {
  int channel = -1;
  int output = -1; ///< An empty memory file; -1 if the act needs none.
  pid_t zygote = -1;
  const char* folder = ""; ///< The data directory.
};

/// The filter ends the process: no answer is needed from it.
inline constexpr int killed = -1;

struct forbidden_act {
  std::string_view what; ///< Goes on from "could": "open a file for reading".
  int refusal = killed;  ///< Or the errno that is the one right answer.
  int (*attempt)(const act_context& with) = nullptr; ///< errno; 0 = done. Harmless if done.
  lock_layers layers = lock_layers::all;
  std::uint32_t landlock = 0; ///< Only refused from this version of Landlock on.
  bool needs_output = false;
};

/// Both programs have the same list, since they are built together.
std::span<const forbidden_act> forbidden_acts();

} // namespace convertd
