package io.manta.serve.internal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.manta.actors.ClusterRecords;
import io.manta.actors.Manta;
import io.manta.core.DataSize;
import io.manta.serve.Deployment;
import io.manta.serve.DeploymentOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The records by which serving keeps its state in the cluster, as JSON. A node ignores members
/// that it does not know, so that versions may mix.
final class Records {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  /// An application: how fronts route to it. Kept under its name.
  ///
  /// @param generation differs each time an application of that name is run
  /// @param replicas names of the actors
  record ApplicationRecord(
      String name,
      String generation,
      String route,
      List<String> replicas,
      int maxOngoing,
      int maxQueued,
      long timeoutMillis,
      boolean idempotent,
      long maxBodyBytes) {
    static ApplicationRecord of(
        Deployment<?, ?> deployment, String generation, List<String> replicas) {
      DeploymentOptions options = deployment.options();
      return new ApplicationRecord(
          deployment.name(),
          generation,
          deployment.route(),
          replicas,
          options.maxOngoing(),
          options.maxQueued(),
          options.timeout().toMillis(),
          options.idempotent(),
          options.maxBody().bytes());
    }

    RouterLimits limits() {
      return new RouterLimits(maxOngoing, maxQueued, Duration.ofMillis(timeoutMillis), idempotent);
    }

    DataSize maxBody() {
      return new DataSize(maxBodyBytes);
    }
  }

  /// The front of a node. Kept under the node's id.
  ///
  /// @param url where it answers
  /// @param applications generations by name of those that it routes to and of which it has reached
  ///   a replica
  record FrontRecord(String url, Map<String, String> applications) {}

  private Records() {}

  static ClusterRecords applications(Manta manta) {
    return manta.records("serve.applications");
  }

  static ClusterRecords fronts(Manta manta) {
    return manta.records("serve.fronts");
  }

  /// Removes an application, unless another of that name has taken its place.
  static void removeApplication(Manta manta, ApplicationRecord application) {
    ClusterRecords records = applications(manta);
    ApplicationRecord current =
        read(records.all(), ApplicationRecord.class).get(application.name());
    if (current != null && current.generation().equals(application.generation())) {
      records.remove(application.name());
    }
  }

  static byte[] write(Object value) {
    try {
      return MAPPER.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The records by key, sorted.
  static <T> Map<String, T> read(Map<String, byte[]> records, Class<T> type) {
    var result = new TreeMap<String, T>();
    records.forEach(
        (key, bytes) -> {
          try {
            result.put(key, MAPPER.readValue(bytes, type));
          } catch (IOException e) {
            throw new UncheckedIOException("record " + key + " is no " + type.getSimpleName(), e);
          }
        });
    return result;
  }
}
