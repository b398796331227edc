package io.manta.serve.internal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.manta.core.ActorDiedException;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.ConfigurationException;
import io.manta.core.GetTimeoutException;
import io.manta.core.InfeasibleException;
import io.manta.core.IsolatedProcessDiedException;
import io.manta.core.MantaException;
import io.manta.core.NodeDiedException;
import io.manta.core.ObjectLostException;
import io.manta.core.ObjectStoreFullException;
import io.manta.core.OutOfMemoryException;
import io.manta.core.OwnerDiedException;
import io.manta.core.PendingCallsLimitExceededException;
import io.manta.core.PlacementGroupRemovedException;
import io.manta.core.SerializationException;
import io.manta.core.StateFencedException;
import io.manta.core.StateUnavailableException;
import io.manta.core.TaskCancelledException;
import io.manta.core.TaskFailedException;
import io.manta.core.TaskTimeoutException;
import io.manta.core.WaitCycleException;
import io.manta.core.WaitInterruptedException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletionException;

/// Why a request was not answered by its handler.
record Failure(ErrorCode code, String message) {
  private static final JsonFactory JSON = new JsonFactory();

  /// What a failed call means to the client.
  static Failure of(Throwable thrown) {
    if (thrown instanceof CompletionException wrapper && wrapper.getCause() != null) {
      return of(wrapper.getCause());
    }
    return thrown instanceof MantaException known
        ? new Failure(code(known), String.valueOf(known.getMessage()))
        : new Failure(
            ErrorCode.HANDLER_FAILED,
            "the request failed with "
                + thrown.getClass().getName()
                + "; the log has more under the id");
  }

  private static ErrorCode code(MantaException thrown) {
    return switch (thrown) {
      case PendingCallsLimitExceededException _,
          ObjectStoreFullException _,
          OutOfMemoryException _ ->
          ErrorCode.OVERLOADED;
      case GetTimeoutException _, TaskTimeoutException _ -> ErrorCode.TIMEOUT;
      case ActorDiedException _,
          NodeDiedException _,
          IsolatedProcessDiedException _,
          ObjectLostException _,
          OwnerDiedException _,
          ClusterUnavailableException _,
          InfeasibleException _,
          PlacementGroupRemovedException _,
          StateFencedException _,
          StateUnavailableException _,
          TaskCancelledException _,
          WaitInterruptedException _ ->
          ErrorCode.UNAVAILABLE;
      case TaskFailedException _,
          SerializationException _,
          ConfigurationException _,
          WaitCycleException _ ->
          ErrorCode.HANDLER_FAILED;
    };
  }

  /// `{"error": {"code": …, "message": …, "id": …}}`
  byte[] json(String id) {
    var bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeObjectFieldStart("error");
      json.writeStringField("code", code.name());
      json.writeStringField("message", message);
      json.writeStringField("id", id);
      json.writeEndObject();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
