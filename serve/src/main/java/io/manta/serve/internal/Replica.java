package io.manta.serve.internal;

import io.manta.actors.RemoteActor;
import io.manta.core.RemoteCallable;
import io.manta.serve.Handler;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One replica of a deployment: holds the user's handler where it lives and answers requests with
/// it, those of HTTP as bytes of JSON.
public final class Replica extends RemoteActor {
  private static final Logger LOG = LoggerFactory.getLogger(Replica.class);

  private final String deployment;
  private final Handler<@Nullable Object, @Nullable Object> handler;
  private final JsonCodec codec;
  private final AtomicBoolean stopped = new AtomicBoolean();

  /// A replica that is about to live here.
  ///
  /// @throws Exception what the handler's constructor throws
  @SuppressWarnings("unchecked") // requests are of the type that the codec found for the handler
  public Replica(
      String deployment,
      RemoteCallable<? extends Handler<?, ?>> constructor,
      Optional<String> requestType)
      throws Exception {
    this.deployment = deployment;
    this.handler = (Handler<@Nullable Object, @Nullable Object>) constructor.call();
    this.codec = JsonCodec.of(handler, requestType);
  }

  /// Answers a request in JSON; an empty body is none. Never throws.
  ///
  /// @param id names the request in the log
  public Reply handle(Bytes body, String id) {
    Object request;
    try {
      request = codec.decode(body.toArray());
    } catch (BadRequestException e) {
      return new Reply.BadRequest(String.valueOf(e.getMessage()));
    } catch (Throwable e) {
      return failed("reading the request", e, id);
    }
    Object response;
    try {
      response = handler.handle(request);
    } catch (Throwable e) {
      return failed("the handler", e, id);
    }
    try {
      return new Reply.Ok(Bytes.of(codec.encode(response)));
    } catch (Throwable e) {
      return failed("writing the response as JSON", e, id);
    }
  }

  /// Answers a request of Java. Throws what the handler does.
  public @Nullable Object call(@Nullable Object request) throws Exception {
    return handler.handle(request);
  }

  /// Answers: true.
  public boolean ping() {
    return true;
  }

  /// Closes the handler where it can be closed; answers true.
  public boolean stop() throws Exception {
    if (handler instanceof AutoCloseable closeable && stopped.compareAndSet(false, true)) {
      closeable.close();
    }
    return true;
  }

  @Override
  protected void onStop() throws Exception {
    stop();
  }

  /// Errors are answered like exceptions: the next request may well succeed, and a front that gets
  /// an answer need not know the error's class.
  private Reply failed(String step, Throwable failure, String id) {
    if (failure instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      LOG.info("request {}: {} of deployment '{}' was interrupted", id, step, deployment);
    } else {
      LOG.error("request {}: {} of deployment '{}' failed", id, step, deployment, failure);
    }
    return new Reply.Failed(
        step + " failed with " + failure.getClass().getName() + "; the log has more under the id");
  }
}
