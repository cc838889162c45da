// Server-Sent Events, read as they arrive.
#pragma once

#include "http/api_client.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace convertd {

class event_parser {
public:
  /// The events that end in `bytes`. Comments and fields that are not ours are left out.
  std::vector<api_event> feed(std::string_view bytes);

private:
  void take_line(std::string_view line, std::vector<api_event>& to);

  std::string rest_; ///< Of a line that has not ended.
  api_event next_;
  bool any_ = false;
};

} // namespace convertd
