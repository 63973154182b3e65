//! Where sealed documents lie: a folder, or a store that speaks S3.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use secrecy::SecretString;

use crate::error::Error;

/// Which store.
#[derive(Clone, Debug)]
pub enum StoreSettings {
    /// A folder, which is made where there is none. Files are on disk before a document is on record.
    Folder(PathBuf),
    /// A bucket. Needs a program that is built with the feature `s3`.
    S3(S3Settings),
}

/// A bucket of a store that speaks S3. Its secret is not shown.
#[derive(Clone, Debug)]
pub struct S3Settings {
    /// The bucket.
    pub bucket: String,
    /// Its region.
    pub region: String,
    /// Its address, where it is not the region's own; `http:` only inside a network that is trusted.
    pub endpoint: Option<String>,
    /// The id of the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: SecretString,
}

/// Why there is no such store.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// The folder cannot be made or opened.
    #[error("cannot keep documents in {}", path.display())]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The store's settings are refused.
    #[error("the object store refuses its settings")]
    Settings(#[from] object_store::Error),
    /// The program is built without it.
    #[error("this program is built without the feature 's3'; expected a folder")]
    NotBuilt,
}

/// An object store.
#[derive(Clone, Debug)]
pub struct DocumentStore {
    objects: Arc<dyn ObjectStore>,
}

impl DocumentStore {
    /// Opens a store.
    pub fn open(settings: StoreSettings) -> Result<DocumentStore, StoreFault> {
        match settings {
            StoreSettings::Folder(path) => {
                std::fs::create_dir_all(&path).map_err(|source| StoreFault::Folder { path: path.clone(), source })?;
                let objects = LocalFileSystem::new_with_prefix(path)?.with_fsync(true);
                Ok(DocumentStore { objects: Arc::new(objects) })
            }
            StoreSettings::S3(settings) => s3(settings),
        }
    }

    /// Puts an object where there is none.
    pub(super) async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        self.objects.put_opts(&Path::from(key), bytes.into(), options).await?;
        Ok(())
    }

    /// An object's bytes.
    pub(super) async fn get(&self, key: &str) -> Result<Vec<u8>, Error> {
        Ok(self.objects.get(&Path::from(key)).await?.bytes().await?.into())
    }

    /// Removes an object; that there is none is fine.
    pub(super) async fn remove(&self, key: &str) -> Result<(), Error> {
        match self.objects.delete(&Path::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The keys of objects that were last written before an instant, some at a time.
    pub(super) fn older_than(&self, before: Timestamp) -> BoxStream<'_, Result<Vec<String>, Error>> {
        let is_older = move |meta: &ObjectMeta| meta.last_modified.timestamp() < before.as_second();
        let keys = self.objects.list(None).try_filter(move |meta| std::future::ready(is_older(meta)));
        keys.map_ok(|meta| meta.location.to_string())
            .map_err(Error::from)
            .try_chunks(1_000)
            .map_err(|cut| cut.1)
            .boxed()
    }
}

#[cfg(feature = "s3")]
fn s3(settings: S3Settings) -> Result<DocumentStore, StoreFault> {
    use object_store::aws::AmazonS3Builder;
    use secrecy::ExposeSecret;

    // Whoever makes the first TLS connection needs one; that there is one already is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let S3Settings { bucket, region, endpoint, access_key_id, secret_access_key } = settings;
    let builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(region)
        .with_access_key_id(access_key_id)
        .with_secret_access_key(secret_access_key.expose_secret());
    let builder = match endpoint {
        Some(endpoint) => builder.with_allow_http(endpoint.starts_with("http:")).with_endpoint(endpoint),
        None => builder,
    };
    Ok(DocumentStore { objects: Arc::new(builder.build()?) })
}

#[cfg(not(feature = "s3"))]
fn s3(_: S3Settings) -> Result<DocumentStore, StoreFault> {
    Err(StoreFault::NotBuilt)
}
