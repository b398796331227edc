package io.manta.testkit.chaos;

/// A call that is made once, whatever comes of it.
///
/// @param session how often the driver of the client was connected again before
/// @param number one more for each call of the client
public record CallId(int client, int session, int number) {}
