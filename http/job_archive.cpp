#include "http/job_archive.hpp"

#include "http/json.hpp"
#include "http/zip.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>
#include <vector>
#include <zlib.h>

namespace convertd {

namespace {

constexpr std::uint32_t records_at_once = 200;
constexpr std::size_t piece_bytes = 256 * 1024;
constexpr const char* manifest_name = "manifest.json";

zip_entry entry_of(const file_record& file) {
  return {name_in_archive(file.target_name, file.index), file.result.size, file.result.crc32};
}

zip_entry manifest_of(const archive_plan& plan) {
  return {manifest_name, plan.manifest_size, plan.manifest_crc};
}

/// An output that its owner has erased is in neither.
bool is_member(const file_record& file) {
  return file.progress.state == file_state::completed && !file.result.erased;
}

bool is_in_manifest(const file_record& file) {
  return file.progress.state == file_state::failed;
}

// The manifest is written piece by piece: once to measure it, and again when it is sent.

std::string manifest_begin(const job_record& job) {
  return "{\"jobId\":\"" + to_text(job.id) + "\",\"failed\":[";
}

std::string manifest_item(const file_record& file, bool first) {
  json_writer out;
  out.begin_object().field("index", file.index).field("filename", file.source_name);
  out.field("errorCode", code_of(file.progress.error));
  out.field("errorMessage", error_text(file));
  return (first ? "\n" : ",\n") + out.end_object().take();
}

constexpr std::string_view manifest_end = "\n]}\n";

/// Calls `visit(file)` for each file of the job, as shown.
template <class Visit>
void each_file(const job_record& job, const read_view& view, Visit visit) {
  for (std::uint32_t from = 0; from < job.files_total;) {
    auto page = view.files(job.id, from, records_at_once);
    if (page.empty())
      return;
    from = page.back().index + 1;
    for (auto& file : page)
      visit(as_shown(job, std::move(file)));
  }
}

/// Sums up what an archive will consist of.
class planner {
public:
  explicit planner(const job_record& job) {
    add_to_manifest(manifest_begin(job));
  }

  void add(const file_record& file) {
    if (is_member(file))
      add_entry(entry_of(file));
    else if (is_in_manifest(file))
      add_to_manifest(manifest_item(file, std::exchange(failed_, true) == false));
  }

  archive_plan finish() {
    plan_.manifest_offset = offset_;
    if (failed_) {
      add_to_manifest(manifest_end);
      plan_.manifest_size = manifest_size_;
      plan_.manifest_crc = static_cast<std::uint32_t>(crc_);
      add_entry(manifest_of(plan_));
    }
    plan_.central_offset = offset_;
    plan_.size = plan_.central_offset + plan_.central_size
                 + zip_parts::end_size(plan_.entries, plan_.central_offset, plan_.central_size);
    return plan_;
  }

private:
  void add_entry(const zip_entry& x) {
    plan_.central_size += zip_parts::central_size(x, offset_);
    offset_ += zip_parts::local_size(x) + x.size;
    ++plan_.entries;
    auto text = x.name + "/" + std::to_string(x.size) + "/" + std::to_string(x.crc32) + "/";
    plan_.fingerprint = static_cast<std::uint32_t>(
      crc32_z(plan_.fingerprint, reinterpret_cast<const Bytef*>(text.data()), text.size()));
  }
  void add_to_manifest(std::string_view text) {
    crc_ = crc32_z(crc_, reinterpret_cast<const Bytef*>(text.data()), text.size());
    manifest_size_ += text.size();
  }

  archive_plan plan_;
  std::uint64_t offset_ = 0;
  bool failed_ = false;
  std::uint64_t manifest_size_ = 0;
  uLong crc_ = 0;
};

/// Yields a range of an archive, part after part; parts before the range are counted and not made.
class archive_reader {
public:
  archive_reader(const services& with, const job_record& job, const archive_plan& plan,
                 byte_range range)
    : with_{with},
      job_{job},
      plan_{plan},
      zip_{job.completed},
      first_{range.first},
      end_{range.last + 1} {}

  bool next(std::string& piece) {
    piece.clear();
    while (piece.size() < piece_bytes && position_ < end_ && part_ != part::done) {
      if (output_left_ > 0 ? !read_output(piece) : !advance(piece))
        return false;
    }
    return part_ != part::done || position_ >= end_; // a member was erased meanwhile
  }

private:
  enum class part : std::uint8_t { members, manifest, directory, end, done };

  bool advance(std::string& piece) {
    if (part_ == part::end) {
      emit(piece, zip_.end(plan_.entries, plan_.central_offset, plan_.central_size));
      part_ = part::done;
      return true;
    }
    if (auto file = next_file())
      return take(piece, *file);
    finish_part(piece);
    return true;
  }

  /// What a file adds to the part that is being made.
  bool take(std::string& piece, const file_record& file) {
    if (part_ == part::manifest) {
      if (is_in_manifest(file))
        emit(piece, manifest_item(file, std::exchange(listed_, true) == false));
      return true;
    }
    if (!is_member(file))
      return true;
    auto entry = entry_of(file);
    if (part_ == part::directory) {
      emit(piece, zip_.central_header(entry, offset_));
      offset_ += zip_parts::local_size(entry) + entry.size;
      return true;
    }
    emit(piece, zip_.local_header(entry));
    return begin_output(file);
  }

  /// All files have been gone through for this part.
  void finish_part(std::string& piece) {
    auto has_manifest = plan_.manifest_size > 0;
    if (part_ == part::members && has_manifest) {
      emit(piece, zip_.local_header(manifest_of(plan_)));
      emit(piece, manifest_begin(job_));
      part_ = part::manifest;
    } else if (part_ != part::directory) {
      if (has_manifest)
        emit(piece, manifest_end);
      part_ = part::directory;
    } else {
      if (has_manifest)
        emit(piece, zip_.central_header(manifest_of(plan_), plan_.manifest_offset));
      part_ = part::end;
    }
    next_index_ = 0;
    page_.clear();
    at_ = 0;
  }

  std::optional<file_record> next_file() {
    if (at_ == page_.size()) {
      at_ = 0;
      page_ = read_view{with_.records}.files(job_.id, next_index_, records_at_once);
      if (page_.empty())
        return std::nullopt;
      next_index_ = page_.back().index + 1;
    }
    return as_shown(job_, std::move(page_[at_++]));
  }

  bool begin_output(const file_record& file) {
    auto size = file.result.size;
    if (position_ + size <= first_) {
      position_ += size;
    } else if (file.result.stored_inline) {
      auto bytes = read_view{with_.records}.inline_output(file.result.id);
      if (!bytes || bytes->size() != size)
        return false;
      pending_ = std::move(*bytes);
      output_left_ = size;
      output_ = owned_fd{};
    } else {
      auto fd = with_.files.open_output(job_.id, file.index);
      if (!fd)
        return false;
      output_ = std::move(*fd);
      output_left_ = size;
      output_at_ = 0;
      if (auto skipped = first_ > position_ ? first_ - position_ : 0) {
        position_ += skipped;
        output_at_ += skipped;
        output_left_ -= skipped;
      }
    }
    return true;
  }

  bool read_output(std::string& piece) {
    if (!output_) {
      emit(piece, std::exchange(pending_, {}));
      output_left_ = 0;
      return true;
    }
    auto wanted = std::min({output_left_, std::uint64_t{piece_bytes}, end_ - position_});
    auto before = piece.size();
    piece.resize(before + wanted);
    auto got =
      ::pread(output_.get(), piece.data() + before, wanted, static_cast<off_t>(output_at_));
    if (got <= 0)
      return false;
    auto size = static_cast<std::uint64_t>(got);
    piece.resize(before + size);
    position_ += size;
    output_at_ += size;
    output_left_ -= size;
    return true;
  }

  /// Appends what of `text`, which stands at position_, is in the range.
  void emit(std::string& piece, std::string_view text) {
    auto from = std::max(first_, position_);
    auto to = std::min(end_, position_ + text.size());
    if (from < to)
      piece += text.substr(from - position_, to - from);
    position_ += text.size();
  }

  services with_;
  job_record job_;
  archive_plan plan_;
  zip_parts zip_;
  std::uint64_t first_;
  std::uint64_t end_;

  part part_ = part::members;
  std::uint64_t position_ = 0; ///< Of the archive: everything before it was sent or passed over.
  std::uint64_t offset_ = 0;   ///< Of the local header whose directory entry comes next.
  bool listed_ = false;        ///< The manifest has an item already.

  std::vector<file_record> page_;
  std::size_t at_ = 0;
  std::uint32_t next_index_ = 0;

  owned_fd output_;
  std::string pending_;
  std::uint64_t output_at_ = 0;
  std::uint64_t output_left_ = 0;
};

} // namespace

bool has_archive(const job_record& job, const job_spec& spec) {
  return spec.create_archive && is_final(job.state) && job.files_completed > 0;
}

archive_plan plan_archive(const job_record& job, const read_view& view) {
  planner sum{job};
  each_file(job, view, [&](const file_record& file) { sum.add(file); });
  return sum.finish();
}

body_source archive_source(const services& with, const job_record& job, const archive_plan& plan,
                           byte_range range) {
  auto reader = std::make_shared<archive_reader>(with, job, plan, range);
  return [reader](std::string& piece) { return reader->next(piece); };
}

std::string archive_name(const job_record& job) {
  return to_text(job.id) + ".zip";
}

} // namespace convertd
