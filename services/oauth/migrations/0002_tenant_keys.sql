-- A client, a token and a request belong to the tenant of their ACD, whatever code writes them (rule 13).
ALTER TABLE oauth_client ADD CONSTRAINT oauth_client_of_tenant UNIQUE (tenant_id, client_ref);
ALTER TABLE acd ADD CONSTRAINT acd_of_tenant UNIQUE (tenant_id, acd_id);
ALTER TABLE acd ADD CONSTRAINT acd_client_of_tenant
  FOREIGN KEY (tenant_id, client_ref) REFERENCES oauth_client (tenant_id, client_ref);
ALTER TABLE token ADD CONSTRAINT token_acd_of_tenant
  FOREIGN KEY (tenant_id, acd_id) REFERENCES acd (tenant_id, acd_id);
ALTER TABLE authorization_request ADD CONSTRAINT authorization_request_acd_of_tenant
  FOREIGN KEY (tenant_id, acd_id) REFERENCES acd (tenant_id, acd_id);

-- Null: the refresh token has ended, it is never tried again.
ALTER TABLE token ALTER COLUMN next_refresh_at_ms DROP NOT NULL;

CREATE INDEX oauth_client_webex_client ON oauth_client (webex_client_id);
CREATE INDEX acd_client ON acd (client_ref);
