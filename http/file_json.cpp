#include "http/file_json.hpp"

#include "job/image_format.hpp"

namespace convertd {

void write_file(json_writer& out, const stored_file& file, const link_maker& links) {
  const auto& facts = file.facts;
  auto url = links.signer.url(links.base, facts.id, links.now);
  out.begin_object().field("id", to_text(facts.id)).field("filename", facts.name);
  out.field("mime_type", facts_of(facts.format).mime_type).field("size_bytes", facts.size);
  out.field("created_at", to_rfc3339(facts.created)).key("folder_id").null();
  out.field("downloadUrl", url).field("download_url", url).end_object();
}

std::string file_json(const stored_file& file, const link_maker& links) {
  json_writer out;
  out.begin_object().key("file");
  write_file(out, file, links);
  return out.end_object().take();
}

} // namespace convertd
