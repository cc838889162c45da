// convertd-codec-trial: tries whether the lock of codec processes holds on this machine. The server
// starts it, at its own start.
//
// It is what convertd-codec is without the coders: the test takes a process for each act, and one
// that has mapped seventy libraries costs much more to fork and to end than one that has mapped
// five.
#include "codec/zygote.hpp"

#include <cstdio>

int main(int count, char** words) {
  if (auto options = convertd::parse_child_options(count - 2, words + 2))
    return convertd::run_zygote(*options, {});
  std::fputs("usage: convertd-codec-trial …   (internal: started by convertd)\n", stderr);
  return 2;
}
