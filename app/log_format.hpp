// How a line of the log is written: its sentence and its fields, in one of three ways.
#pragma once

#include "app/log.hpp"

#include <string>
#include <string_view>

namespace convertd {

enum class log_style : std::uint8_t { plain, json, journald };

/// The style of a setting's word; `auto` takes journald if the descriptor is the journal, which
/// says so in `journal_stream`, the variable JOURNAL_STREAM.
log_style log_style_of(std::string_view word, int stderr_fd, const char* journal_stream);

/// Of plain and journald: the sentence, then name=value. Of JSON: the members after the level's,
/// without braces. Control characters of values become question marks.
std::string log_text(log_style style, std::string_view sentence, log_fields fields);

} // namespace convertd
