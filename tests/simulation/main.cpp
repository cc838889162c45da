// Random histories of the real job/ and actors/ code, each from a seed.
//
//   simulate HISTORIES FIRST_SEED [FOLDER]    the last line has the figure; a seed that fails is
//                                             printed, and replays with: simulate 1 SEED
#include "tests/simulation/history.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace convertd {
namespace {

constexpr unsigned long violations_max = 10; ///< Then it is clear enough.
/// A store is fresh for each history, so that a seed replays whatever was played before it. Folders
/// of jobs take long to make: many histories share them, none looks at another's.
constexpr unsigned long histories_each_folder = 500;

class fresh_folder {
public:
  explicit fresh_folder(const std::string& in) : path_{in + "/convertd-simulate-XXXXXX"} {
    if (::mkdtemp(path_.data()) == nullptr)
      throw_errno("make a folder");
  }
  ~fresh_folder() {
    std::filesystem::remove_all(path_);
  }
  fresh_folder(const fresh_folder&) = delete;
  fresh_folder& operator=(const fresh_folder&) = delete;

  const std::string& path() const {
    return path_;
  }

private:
  std::string path_;
};

struct figures {
  unsigned long played = 0;
  unsigned long steps = 0;
  unsigned long violations = 0;

  bool enough(unsigned long histories) const {
    return played == histories || violations == violations_max;
  }
};

void play_one(const fresh_folder& in, const job_files& files, unsigned long seed, figures& sum) {
  auto place = in.path() + "/store";
  stage on{files, place};
  auto x = play(on, seed);
  std::filesystem::remove_all(place);
  ++sum.played;
  sum.steps += x.steps;
  if (x.violation.empty())
    return;
  ++sum.violations;
  std::printf("seed %lu: %s\n", seed, x.violation.c_str());
}

int run(unsigned long histories, unsigned long seed, const std::string& in) {
  figures sum;
  while (!sum.enough(histories)) {
    fresh_folder folder{in};
    job_files files{folder.path()};
    for (unsigned long i = 0; i < histories_each_folder && !sum.enough(histories); ++i)
      play_one(folder, files, seed + sum.played, sum);
  }
  std::printf("simulate: %lu histories from seed %lu, %lu steps checked, %lu violations\n",
              sum.played, seed, sum.steps, sum.violations);
  return sum.violations == 0 ? 0 : 1;
}

} // namespace
} // namespace convertd

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: simulate HISTORIES FIRST_SEED [FOLDER]\n");
    return 2;
  }
  return convertd::run(std::strtoul(argv[1], nullptr, 10), std::strtoul(argv[2], nullptr, 10),
                       argc > 3 ? argv[3] : "/dev/shm");
}
