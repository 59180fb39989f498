// hdfs://, s3://, s3n:// and every scheme that is nobody else's, through the hadoop client, called
// as Mesos calls it (src/hdfs/hdfs.cpp): `CLIENT version`, which must succeed, then `CLIENT fs
// -copyToLocal URI DESTINATION`.
#pragma once

#include <chrono>
#include <string>

#include "fetcher/plan/uri.h"
#include "fetcher/transfer/body_sink.h"
#include "fetcher/transfer/transport.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

struct HadoopCall {
  const std::string& home;          // empty: the client is looked up in PATH
  std::chrono::milliseconds stall;  // without anything that grows
  Deadline end;
  int scratch;  // the directory that the client writes to
};

// One try. The client retries by itself, so only what takes too long is a transient failure. It is
// ended, with its process group, when nothing has grown for the stall time, the deadline is over or
// the file is larger than the sink may take. Other users see the URI in its arguments while it runs
// (proc(5)): there is no other way to hand it over. Its output is repeated, without what may not be
// shown, only where it fails.
Result<Received, TransferFailure> fetch_hadoop(const Uri& uri, BodySink& sink,
                                               const HadoopCall& call);

}  // namespace slipway::fetcher
