// A head says the same however it drips in, and never two things about its body.
#include "http/head.hpp"
#include "http/peer_address.hpp"
#include "http/text.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <vector>

using namespace convertd;

FUZZ(input) {
  auto whole = find_head_end(input, 0);
  head_end dripped;
  for (std::size_t size = 1; size <= input.size() && dripped.size == 0 && !dripped.bad; ++size)
    dripped = find_head_end(input.substr(0, size), size - 1);
  must(whole.size == dripped.size && whole.bad == dripped.bad);
  if (whole.size == 0)
    return;
  request_head head;
  if (head.parse(input.substr(0, whole.size)))
    return;
  must(head.target().starts_with('/') && head.target().size() <= target_bytes_max);
  must(!head.header("Content-Length") || !head.header("Transfer-Encoding"));
  must(head.header("Content-Length").has_value() == (head.framing() == body_framing::length));
  must(head.header("Transfer-Encoding").has_value() == (head.framing() == body_framing::chunked));
  must(head.is_http10() || head.header("Host").has_value());
  must(!head.expects_continue() || head.has_body());
  const std::vector<std::string> networks{"127.0.0.1", "10.0.0.0/8", "::1"};
  if (auto client = proxy_list{networks}.client_of(head))
    must(parse_address(client->counted_as()).has_value());
  for (const char* name : {"Content-Type", "Content-Disposition"})
    if (auto value = head.header(name))
      header_parameter(*value, "boundary");
}
