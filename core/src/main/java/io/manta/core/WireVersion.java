package io.manta.core;

/// The version of what the processes of a cluster say to each other, and of what nodes keep in
/// their state folders. Builds with the same number can be in one cluster; those with another are
/// refused where they connect. State of a lower number is read, state of a higher one is refused.
///
/// It is raised by a build that could not understand, or be understood by, those that have it; what
/// builds of one number keep to is in `CONTRIBUTING.md`. The file `wire-version` of the repository
/// names a commit for each.
public final class WireVersion {
  private static final int CURRENT = 1;

  private WireVersion() {}

  /// That of this build.
  public static int current() {
    return CURRENT;
  }

  /// Why a process of another version is refused, as a part of a sentence.
  public static String refusal(int other) {
    return ("it has wire version %d of Manta, and this process has %d, so they can't be in one cluster."
            + " Have all nodes and drivers use a Manta of one wire version (manta version prints it);"
            + " to go to another one stop all of them, and start them with it")
        .formatted(other, CURRENT);
  }
}
