package io.manta.samples.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.manta.samples.classifier.Prediction;
import io.manta.samples.classifier.TextClassifier;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/// Asks the classifier over HTTP.
final class ClassifierClient {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(LIMIT).build();

  /// @throws IOException when there is no answer, or another one than a prediction
  Prediction classify(URI route, String text) throws IOException {
    String body = MAPPER.writeValueAsString(new TextClassifier.Request(text));
    var request =
        HttpRequest.newBuilder(route)
            .timeout(LIMIT)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> response;
    try {
      response = client.send(request, BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    if (response.statusCode() != 200) {
      throw new IOException("status " + response.statusCode() + ": " + response.body());
    }
    try {
      return MAPPER.readValue(response.body(), Prediction.class);
    } catch (JsonProcessingException e) {
      throw new IOException("not a prediction: " + response.body(), e);
    }
  }
}
