package io.manta.serve;

import org.jspecify.annotations.Nullable;

/// What a deployment does with a request. One object of it lives in each replica: what it loads in
/// its constructor, such as a model, is loaded once per replica.
///
/// ```java
/// public final class Greeter implements Handler<Greeter.Request, Greeter.Response> {
///   public record Request(String name) {}
///   public record Response(String greeting) {}
///
///   @Override
///   public Response handle(Request request) {
///     return new Response("Hello " + request.name());
///   }
/// }
/// ```
///
/// Over HTTP a request is read from JSON and a response is written as JSON, both by Jackson: use
/// records. A request of type `Void` is always null, which suits a handler that takes no input.
/// What the constructor of a request's record throws is answered as 400 with the message, so
/// records may check themselves.
///
/// Requests of a replica run at the same time, as many as [Deployment#maxOngoing] allows: a handler
/// is safe for use by many threads, or its deployment allows 1.
///
/// A handler that is [AutoCloseable] is closed when its application is.
@FunctionalInterface
public interface Handler<I extends @Nullable Object, O extends @Nullable Object> {
  /// Answers one request. It may block. It is interrupted when the request's time is over.
  ///
  /// @throws Exception anything: the caller sees 500 and an id, the log where it ran has the id and
  ///   the stack
  O handle(I request) throws Exception;
}
