#include "app/self_check.hpp"

#include "storage/upload.hpp"

#include <exception>
#include <string_view>
#include <thread>

namespace convertd {

namespace {

/// One red pixel.
constexpr std::string_view picture{"P6 1 1 255\n\xff\0\0", 14};

/// It takes a few milliseconds; often enough to see that, seldom enough to cost nothing.
constexpr std::chrono::milliseconds look_every{5};

sync_request request_for(const job_files& files) {
  sync_request x;
  x.id = mint<job_id>(wall_clock());
  x.account = self_check_account;
  auto bytes = std::make_shared<upload>(files);
  bytes->append(picture);
  file_record file;
  file.source_name = "self-check.pnm";
  file.target_name = "self-check.png";
  file.length = picture.size();
  file.what.target = image_format::png;
  x.files.push_back(std::move(file));
  x.sources = std::move(bytes);
  return x;
}

std::string complaint(const sync_result& x) {
  if (x.why)
    return std::string{x.why.text()};
  const auto& file = x.files.at(0);
  return file.progress.state == file_state::completed ? "" : std::string{error_text(file)};
}

} // namespace

std::string self_check::run(std::chrono::milliseconds time,
                            const std::function<bool()>& stop) const {
  try {
    auto until = std::chrono::steady_clock::now() + time;
    auto begun = actors_->begin(request_for(*files_));
    if (auto* why = std::get_if<failure>(&begun))
      return std::string{why->text()};
    const auto& ticket = std::get<std::unique_ptr<sync_ticket>>(begun);
    while (std::chrono::steady_clock::now() < until && !stop()) {
      if (auto result = ticket->take())
        return complaint(*result);
      std::this_thread::sleep_for(look_every);
    }
    return "no codec process has converted a picture within " + std::to_string(time.count())
           + " ms";
  } catch (const std::exception& error) {
    return error.what();
  }
}

} // namespace convertd
