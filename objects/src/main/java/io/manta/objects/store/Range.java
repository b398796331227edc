package io.manta.objects.store;

/// Bytes of a segment, taken or free.
record Range(Segment segment, long offset, long length) {
  long end() {
    return offset + length;
  }
}
