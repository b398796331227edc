package io.manta.actors.internal.durable;

/// What a store knows of one, itself or another. Two of the same store merge to the higher of each
/// number, so all stores come to know the same in whatever order they hear it.
///
/// @param run the latest
/// @param admitted the latest run in which it was let in; 0 when it never was
/// @param retired the latest run that is known to hold nothing that others lack
/// @param address where its node was in its latest run
record Member(long store, long run, long admitted, long retired, String address) {
  /// Whether it may hold what no other store does.
  boolean required() {
    return admitted > retired;
  }

  Life life() {
    return new Life(store, run);
  }

  Member merge(Member other) {
    return new Member(
        store,
        Math.max(run, other.run),
        Math.max(admitted, other.admitted),
        Math.max(retired, other.retired),
        other.run > run ? other.address : address);
  }

  Member admit(long ofRun) {
    return merge(new Member(store, ofRun, ofRun, 0, address));
  }

  Member retire() {
    return new Member(store, run, admitted, Math.max(retired, run), address);
  }

  /// As errors name it.
  String text() {
    return "store " + Long.toString(store, 36) + ", last seen at " + address;
  }
}
