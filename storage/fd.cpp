#include "storage/fd.hpp"

#include <cerrno>
#include <system_error>
#include <unistd.h>

namespace convertd {

owned_fd::~owned_fd() {
  if (fd_ >= 0)
    ::close(fd_);
}

void throw_errno(const std::string& what) {
  throw std::system_error{errno, std::generic_category(), what};
}

bool lacks_room(int error) {
  return error == ENOSPC || error == EDQUOT || error == EMFILE || error == ENFILE
         || error == ENOMEM;
}

int checked(int result, const char* what) {
  if (result < 0)
    throw_errno(what);
  return result;
}

} // namespace convertd
