#include "http/sync_answer.hpp"

#include "http/base64.hpp"
#include "http/job_json.hpp"
#include "http/json.hpp"
#include "http/text.hpp"
#include "job/image_format.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unistd.h>
#include <utility>
#include <vector>

namespace convertd {

namespace {

/// Of a result, read at a time; a multiple of 3, so that it can be coded by itself.
constexpr std::size_t piece_bytes = 192 * 1024;

/// Reads one result from its beginning.
class output_reader {
public:
  output_reader(const sync_output& of, std::uint64_t size) : of_{&of}, left_{size} {}

  /// The next piece, empty at the end; nothing if it cannot be read.
  std::optional<std::string> next() {
    std::string piece(std::min<std::uint64_t>(left_, piece_bytes), '\0');
    if (of_->bytes)
      piece = of_->bytes->substr(at_, piece.size());
    else if (::pread(of_->file->get(), piece.data(), piece.size(), static_cast<off_t>(at_))
             != static_cast<ssize_t>(piece.size()))
      return std::nullopt;
    at_ += piece.size();
    left_ -= piece.size();
    return piece;
  }

private:
  const sync_output* of_;
  std::uint64_t at_ = 0;
  std::uint64_t left_;
};

/// JSON text, and the file whose bytes come after it.
struct segment {
  std::string text;
  std::optional<std::size_t> file;
};

class sync_stream {
public:
  sync_stream(std::shared_ptr<const sync_result> what, const saved_results& storage,
              const link_maker& links)
    : what_{std::move(what)} {
    out_.begin_object().key("files").begin_array();
    for (std::size_t i = 0; i < what_->files.size(); ++i)
      write_file(i, storage, links);
    out_.end_array().key("storage").begin_object().field("saved", storage.saved);
    out_.field_or_null("notice", !storage.notice.empty(), storage.notice);
    out_.end_object().end_object();
    end_segment(std::nullopt);
  }

  std::uint64_t size() const {
    return size_;
  }

  bool next(std::string& piece) {
    piece.clear();
    while (piece.empty() && (reading_ || at_ < segments_.size())) {
      if (!reading_) {
        piece = std::move(segments_[at_].text);
        begin_reading(segments_[at_++].file);
        continue;
      }
      auto bytes = reading_->next();
      if (!bytes)
        return false;
      piece = base64(*bytes);
      if (bytes->empty())
        reading_.reset();
    }
    return true;
  }

private:
  void write_file(std::size_t index, const saved_results& storage, const link_maker& links) {
    const auto& file = what_->files[index];
    out_.begin_object();
    if (file.progress.state == file_state::completed)
      write_converted(file, index, storage, links);
    else
      write_failed(file);
    out_.end_object();
  }

  void write_converted(const file_record& file, std::size_t index, const saved_results& storage,
                       const link_maker& links) {
    const auto& result = file.result;
    auto type = facts_of(file.what.target).mime_type;
    out_.field("filename", file.target_name).field("mimeType", type);
    out_.field("originalSize", file.length).field("finalSize", result.size);
    out_.field("savedPercent", saved_percent(file.length, result.size)).key("downloadUrl");
    if (storage.saved) {
      out_.value(links.signer.url(links.base, storage.ids[index], links.now));
    } else {
      out_.begin_raw_string("data:" + std::string{type} + ";base64,");
      end_segment(index);
    }
    out_.field_or_null("appliedQuality", result.applied_quality != 0, result.applied_quality);
    out_.field("width", result.width).field("height", result.height).key("storedFileId");
    if (storage.saved)
      out_.value(to_text(storage.ids[index]));
    else
      out_.null();
  }

  void write_failed(const file_record& file) {
    out_.field("filename", file.source_name).field("originalSize", file.length);
    out_.field("errorCode", code_of(file.progress.error));
    out_.field("errorMessage", error_text(file));
    if (!file.error_detail.empty())
      out_.field("detail", file.error_detail);
  }

  void end_segment(std::optional<std::size_t> file) {
    auto text = out_.take();
    if (!segments_.empty())
      text.insert(0, 1, '"'); // ends the string before it
    size_ += text.size() + (file ? base64_size(what_->files[*file].result.size) : 0);
    segments_.push_back({std::move(text), file});
  }

  void begin_reading(std::optional<std::size_t> file) {
    if (file)
      reading_.emplace(what_->outputs[*file], what_->files[*file].result.size);
  }

  std::shared_ptr<const sync_result> what_;
  json_writer out_;
  std::vector<segment> segments_;
  std::size_t at_ = 0; ///< The segment that is next.
  std::optional<output_reader> reading_;
  std::uint64_t size_ = 0;
};

} // namespace

bool wants_image(std::string_view accept) {
  bool image = false;
  while (!accept.empty()) {
    auto range = take_until(accept, ',');
    auto type = take_until(range, ';');
    if (type == "*/*" || same_word(type, "application/json") || same_word(type, "application/*"))
      return false;
    image |= same_word(type.substr(0, 6), "image/");
  }
  return image;
}

const file_record* first_failed(const sync_result& what) {
  for (const auto& file : what.files)
    if (file.progress.state == file_state::completed)
      return nullptr;
  return what.files.data();
}

answer sync_json(std::shared_ptr<const sync_result> what, const saved_results& storage,
                 const link_maker& links) {
  auto stream = std::make_shared<sync_stream>(std::move(what), storage, links);
  answer out;
  out.source_bytes = stream->size();
  out.source = [stream](std::string& piece) { return stream->next(piece); };
  return out;
}

answer sync_image(std::shared_ptr<const sync_result> what) {
  const auto& file = what->files.at(0);
  answer out;
  out.content_type = facts_of(file.what.target).mime_type;
  out.header("Content-Disposition", content_disposition(file.target_name));
  out.header("Content-Security-Policy", "sandbox; default-src 'none'");
  out.source_bytes = file.result.size;
  output_reader reader{what->outputs.at(0), file.result.size};
  out.source = [what, reader](std::string& piece) mutable {
    auto next = reader.next();
    piece = next.value_or("");
    return next.has_value();
  };
  return out;
}

} // namespace convertd
