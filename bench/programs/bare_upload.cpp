// What the least server spends on an uploaded file: a thread for each connection receives it, sums
// it up, writes it to a file without a name, names it, syncs it and its folder, and says so. No
// HTTP, no form, no job, no conversion. What convertd spends can be compared with this.
//
//   bench_bare_upload FOLDER BYTES CONNECTIONS FILES     files of each connection
//
// Prints {"ms_per_megabyte"}: processor time of the server's part. FOLDER must be there.
#include "storage/fd.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <netinet/in.h>
#include <span>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace convertd::bench {
namespace {

constexpr std::size_t piece_bytes = 128 * 1024; // as the server reads

struct plan {
  std::string folder;
  std::size_t bytes = 0;
  int connections = 0;
  int files = 0;
};

/// Nothing at its end.
bool receive_piece(int from, std::span<char> into) {
  auto got = ::recv(from, into.data(), into.size(), MSG_WAITALL);
  return got == static_cast<ssize_t>(into.size());
}

void keep(const owned_fd& file, const std::string& folder) {
  checked(::mkdir(folder.c_str(), folder_mode), "make a folder");
  auto from = "/proc/self/fd/" + std::to_string(file.get());
  checked(
    ::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, (folder + "/source").c_str(), AT_SYMLINK_FOLLOW),
    "name a file");
  checked(::fsync(file.get()), "sync a file");
  owned_fd parent{checked(::open(folder.c_str(), O_RDONLY | O_CLOEXEC), "open a folder")};
  checked(::fsync(parent.get()), "sync a folder");
}

void serve(const owned_fd& client, const plan& what, std::atomic<int>& number) {
  std::vector<char> piece(piece_bytes);
  std::uint32_t crc = 0;
  for (int done = 0; done < what.files; ++done) {
    owned_fd file{checked(::open(what.folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, file_mode),
                          "make a file")};
    for (std::size_t left = what.bytes; left > 0;) {
      auto part = std::span{piece}.first(std::min(left, piece.size()));
      if (!receive_piece(client.get(), part))
        throw std::runtime_error{"the sender left"};
      crc = crc32_of(part, crc);
      write_all(file.get(), part, "write a file");
      left -= part.size();
    }
    keep(file, what.folder + "/" + std::to_string(number++));
    checked(static_cast<int>(::send(client.get(), &crc, 1, MSG_NOSIGNAL)), "answer");
  }
}

void send_files(const plan& what, const sockaddr_in& to) {
  std::vector<char> content(what.bytes);
  for (std::size_t i = 0; i < content.size(); ++i)
    content[i] = static_cast<char>(i * 2'654'435'761u >> 13);
  std::vector<std::jthread> all;
  for (int i = 0; i < what.connections; ++i)
    all.emplace_back([&] {
      owned_fd server{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
      bool fine = ::connect(server.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
      for (int done = 0; fine && done < what.files; ++done) {
        for (std::size_t sent = 0; fine && sent < content.size();) {
          auto n = ::send(server.get(), content.data() + sent, content.size() - sent, MSG_NOSIGNAL);
          fine = n > 0;
          sent += fine ? static_cast<std::size_t>(n) : 0;
        }
        char answer = 0;
        fine = fine && ::recv(server.get(), &answer, 1, 0) == 1;
      }
    });
}

double milliseconds_used() {
  rusage all{};
  ::getrusage(RUSAGE_SELF, &all);
  auto of = [](const timeval& x) {
    return 1e3 * static_cast<double>(x.tv_sec) + static_cast<double>(x.tv_usec) / 1e3;
  };
  return of(all.ru_utime) + of(all.ru_stime);
}

double measure(const plan& what) {
  owned_fd listener{checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "listen")};
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  checked(::bind(listener.get(), reinterpret_cast<sockaddr*>(&at), size), "bind");
  checked(::listen(listener.get(), what.connections), "listen");
  checked(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&at), &size), "listen");
  auto sender = checked(::fork(), "fork");
  if (sender == 0) {
    send_files(what, at);
    ::_exit(0);
  }
  std::atomic<int> number{0};
  {
    std::vector<std::jthread> all;
    for (int i = 0; i < what.connections; ++i)
      all.emplace_back(
        [&, client = owned_fd{
              checked(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept")}] {
          try {
            serve(client, what, number);
          } catch (const std::exception& error) {
            std::fprintf(stderr, "bench_bare_upload: %s\n", error.what());
            ::_exit(1);
          }
        });
  }
  ::waitpid(sender, nullptr, 0);
  auto files = static_cast<double>(what.connections) * what.files;
  return milliseconds_used() / (static_cast<double>(what.bytes) / 1e6 * files);
}

} // namespace
} // namespace convertd::bench

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("Usage: bench_bare_upload FOLDER BYTES CONNECTIONS FILES\n", stderr);
    return 2;
  }
  try {
    convertd::bench::plan what{argv[1], std::strtoul(argv[2], nullptr, 10), std::atoi(argv[3]),
                               std::atoi(argv[4])};
    std::printf("{\"ms_per_megabyte\": %.3f}\n", convertd::bench::measure(what));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_bare_upload: %s\n", error.what());
    return 1;
  }
}
